import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createSocketConnect } from '../../../src/upstream/connect-socket.js'
import { createDescriptors } from '../../../src/upstream/descriptors.js'
import { startRawOrigin, unusedPort } from '../../helpers/raw-origin.js'
import { eventually } from '../../helpers/raw-peer.js'

const BUFFER_BYTES = 8_192

function setUp() {
  const descriptors = createDescriptors({ limit: undefined, base: 0, onShort: () => {} })
  return { descriptors, connectSocket: createSocketConnect(descriptors, BUFFER_BYTES), ...observed() }
}

function observed() {
  const heard: unknown[] = []
  const sockets: Socket[] = []
  return {
    heard,
    sockets,
    observer: {
      onConnect(attempt: number, socket: Socket) {
        heard.push(attempt)
        sockets.push(socket)
      },
      onError: (attempt: number, error: unknown) => heard.push([attempt, (error as NodeJS.ErrnoException).code]),
    },
  }
}

describe('createSocketConnect', () => {
  test('hands on a connection without listeners of its own, but for one that counts it when it closes', async () => {
    const origin = await startRawOrigin()
    const { heard, sockets, observer, descriptors, connectSocket } = setUp()
    connectSocket({ ip: '127.0.0.1', port: origin.port, localAddress: undefined }, 3, observer)
    await eventually(() => heard.length === 1)
    const [socket] = sockets
    expect(heard).toEqual([3])
    expect([socket?.listenerCount('connect'), socket?.listenerCount('error')]).toEqual([0, 0])
    expect([socket?.allowHalfOpen, socket?.writableHighWaterMark]).toEqual([true, BUFFER_BYTES])
    expect(descriptors.sockets).toBe(1)
    socket?.destroy()
    await eventually(() => descriptors.sockets === 0)
  })

  test('tells why there is none', async () => {
    const { heard, observer, descriptors, connectSocket } = setUp()
    connectSocket({ ip: '127.0.0.1', port: await unusedPort(), localAddress: undefined }, 0, observer)
    await eventually(() => heard.length === 1)
    expect(heard).toEqual([[0, 'ECONNREFUSED']])
    await eventually(() => descriptors.sockets === 0)
  })

  test('tells nothing of one that was abandoned, and leaves nothing open', async () => {
    const origin = await startRawOrigin()
    const { heard, observer, descriptors, connectSocket } = setUp()
    connectSocket({ ip: '127.0.0.1', port: origin.port, localAddress: undefined }, 0, observer)()
    connectSocket({ ip: '127.0.0.1', port: await unusedPort(), localAddress: undefined }, 1, observer)()
    connectSocket({ ip: '127.0.0.1', port: origin.port, localAddress: undefined }, 2, observer)
    await eventually(() => heard.length === 1)
    expect(heard).toEqual([2])
    await eventually(() => origin.open <= 1 && descriptors.sockets === 1)
  })
})
