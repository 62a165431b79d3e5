import { expect } from 'vitest'
import { ok } from './raw-origin.js'
import type { RawPeer } from './raw-peer.js'
import { connectTo, get } from './requests.js'
import type { TestProxy } from './test-proxy.js'

const WEBSOCKET = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n'
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'

/** An origin that answers requests with their first line, and switches to WebSocket where it is asked to. */
export async function serveThreeWays(peer: RawPeer): Promise<void> {
  peer.socket.on('end', () => peer.end())
  for (;;) {
    const { startLine, fields } = await peer.readRequest()
    if (fields.upgrade === undefined) {
      await peer.write(ok(startLine))
      continue
    }
    await peer.write(SWITCHED)
    await peer.write(await peer.readBytes(4))
  }
}

/** A plain request, a tunnel and WebSocket reach such an origin through a proxy. @param body of the plain request's answer */
export async function expectThreeWays(proxy: TestProxy, authority: string, body: unknown): Promise<void> {
  const client = await proxy.connect()
  await client.write(get(`http://${authority}/p?q`))
  expect(await client.readResponse()).toMatchObject({ status: 200, body })
  await client.write(connectTo(authority))
  expect(await client.readHead()).toMatchObject({ status: 200 })
  await client.write('GET /in HTTP/1.1\r\nHost: x\r\n\r\n')
  expect(await client.readResponse()).toMatchObject({ body: 'GET /in HTTP/1.1' })
  client.reset()

  const socket = await proxy.connect()
  await socket.write(get(`http://${authority}/chat`, WEBSOCKET))
  expect(await socket.readHead()).toMatchObject({ status: 101 })
  await socket.write('ping')
  expect(await socket.readBytes(4)).toBe('ping')
  socket.reset()
}
