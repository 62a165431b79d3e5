import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { connectSocket } from '../../../src/upstream/connect-socket.js'
import { startRawOrigin, unusedPort } from '../../helpers/raw-origin.js'
import { eventually } from '../../helpers/raw-peer.js'

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

describe('connectSocket', () => {
  test('hands on a connection without listeners of its own', async () => {
    const origin = await startRawOrigin()
    const { heard, sockets, observer } = observed()
    connectSocket({ ip: '127.0.0.1', port: origin.port, localAddress: undefined }, 3, observer)
    await eventually(() => heard.length === 1)
    const [socket] = sockets
    expect(heard).toEqual([3])
    expect([socket?.listenerCount('connect'), socket?.listenerCount('error')]).toEqual([0, 0])
    expect(socket?.allowHalfOpen).toBe(true)
    socket?.destroy()
  })

  test('tells why there is none', async () => {
    const { heard, observer } = observed()
    connectSocket({ ip: '127.0.0.1', port: await unusedPort(), localAddress: undefined }, 0, observer)
    await eventually(() => heard.length === 1)
    expect(heard).toEqual([[0, 'ECONNREFUSED']])
  })

  test('tells nothing of one that was abandoned, and leaves nothing open', async () => {
    const origin = await startRawOrigin()
    const { heard, observer } = observed()
    connectSocket({ ip: '127.0.0.1', port: origin.port, localAddress: undefined }, 0, observer)()
    connectSocket({ ip: '127.0.0.1', port: await unusedPort(), localAddress: undefined }, 1, observer)()
    connectSocket({ ip: '127.0.0.1', port: origin.port, localAddress: undefined }, 2, observer)
    await eventually(() => heard.length === 1)
    expect(heard).toEqual([2])
    await eventually(() => origin.open <= 1)
  })
})
