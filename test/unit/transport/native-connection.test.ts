import { describe, expect, test } from 'vitest'
import { createProxy } from '../../../src/app.js'
import { hasNativeEngine } from '../../helpers/engines.js'
import { answering, ok, startRawOrigin, unusedPort } from '../../helpers/raw-origin.js'
import { connectRaw, eventually } from '../../helpers/raw-peer.js'
import { startRecordingParent } from '../../helpers/recording-parent.js'
import { openOptions, startTestProxy, type TestProxyOptions } from '../../helpers/test-proxy.js'

const start = (options: TestProxyOptions = {}) => startTestProxy({ ...options, engine: 'native' })
const connectTo = (port: number) => `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: x\r\n\r\n`

describe.runIf(hasNativeEngine)('native connection', () => {
  test('goes on as another for what is no CONNECT, and is counted as one', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect, proxy } = await start({ limits: { perClient: 1 } })
    const client = await connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`, 1)
    expect((await client.readResponse()).body).toBe('x')
    expect(proxy.connections).toBe(1)
    const second = await connect()
    expect((await second.readResponse()).status).toBe(429)
    second.close()
    client.close()
    await eventually(() => proxy.connections === 0)
    const third = await connect()
    await third.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await third.readResponse()).body).toBe('x')
  })

  test('a CONNECT that is refused leaves neither a connection nor a place taken', async () => {
    const { connect, proxy } = await start({ limits: { perClient: 1, tunnelsPerClient: 1 } })
    const port = await unusedPort()
    for (let i = 0; i < 3; i++) {
      const client = await connect()
      await client.write(connectTo(port))
      expect((await client.readResponse()).status).toBe(502)
      await client.closed()
      await eventually(() => proxy.connections === 0)
    }
  })

  test('goes on as another for a tunnel through an upstream, with what the client sent ahead', async () => {
    const origin = await startRawOrigin(async (peer) => {
      await peer.write(`got ${await peer.readBytes(5)}`)
    })
    const parent = await startRecordingParent()
    const { connect, proxy, record } = await start({
      upstreams: { up: { hops: [`socks5h://127.0.0.1:${parent.port}`], tor: false } },
      route: [{ match: ['*'], via: 'up', anonymous: false }],
    })
    const client = await connect()
    await client.write(`${connectTo(origin.port)}early`)
    expect((await client.readHead()).status).toBe(200)
    expect(await client.readBytes(9)).toBe('got early')
    expect(parent.asked).toHaveLength(1)
    client.reset()
    expect((await record(0)).egress).toMatchObject({ route: 'up' })
    await eventually(() => proxy.connections === 0)
  })

  test('is busy from its head on and idle before', async () => {
    const origin = await startRawOrigin()
    const { connect, proxy } = await start()
    const client = await connect()
    await eventually(() => proxy.connections === 1)
    expect(proxy.busyConnections).toBe(0)
    await client.write('CONN')
    await eventually(() => proxy.busyConnections === 1)
    await client.write(connectTo(origin.port).slice(4))
    expect((await client.readHead()).status).toBe(200)
    expect(proxy.busyConnections).toBe(1)
  })

  test('holds no exchange for a tunnel that nobody will be told of', async () => {
    const origin = await startRawOrigin()
    const proxy = createProxy({ ...openOptions(), engine: 'native' })
    await proxy.listen()
    const client = await connectRaw(Number(new URL(proxy.address).port))
    await client.write(connectTo(origin.port))
    expect((await client.readHead()).status).toBe(200)
    expect(proxy.busyConnections).toBe(1)
    const told: unknown[] = []
    proxy.on('exchange', (record) => told.push(record))
    client.reset()
    await eventually(() => proxy.connections === 0)
    expect(told).toEqual([])
    await proxy.close()
  })
})
