import { expect, test } from 'vitest'
import { answering, ok, startRawOrigin } from '../helpers/raw-origin.js'
import { connectRaw, eventually, turn } from '../helpers/raw-peer.js'
import { startTestProxy } from '../helpers/test-proxy.js'

const get = (url: string) => `GET ${url}/ HTTP/1.1\r\nHost: x\r\n\r\n`

test('a stop closes idle connections at once, of clients and of origins', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const { proxy, connect } = await startTestProxy()
  const [used, fresh] = [await connect(), await connect()]
  await used.write(get(origin.url))
  await used.readResponse()
  await eventually(() => proxy.connections === 2)
  const stopped = proxy.close({ drainMs: 60_000 })
  await used.ended()
  await fresh.ended()
  expect(await stopped).toBe(0)
  expect(proxy.connections).toBe(0)
  await (await origin.peer(0)).closed()
})

test('a stop takes no more clients', async () => {
  const { proxy, port } = await startTestProxy()
  await proxy.close({ drainMs: 0 })
  await expect(connectRaw(port)).rejects.toThrow('ECONNREFUSED')
})

test('a request under way when the proxy stops is answered, with Connection: close', async () => {
  const origin = await startRawOrigin()
  const { proxy, connect } = await startTestProxy()
  const client = await connect()
  await client.write(get(origin.url))
  const peer = await origin.peer(0)
  await peer.readRequest()
  const stopped = proxy.close({ drainMs: 60_000 })
  await turn()
  await peer.write(ok('finished'))
  const response = await client.readResponse()
  expect(response.body).toBe('finished')
  expect(response.fields.connection).toBe('close')
  await client.closed()
  expect(await stopped).toBe(0)
})

test('what clients had sent when the stop began is read, though nobody had looked yet: it is no idle connection', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const { proxy, port, connect } = await startTestProxy()
  const known = await connect()
  await eventually(() => proxy.connections === 1)
  // connected by the kernel, and perhaps not accepted yet
  const fresh = await Promise.all(Array.from({ length: 20 }, () => connectRaw(port)))
  const clients = [known, ...fresh]
  for (const client of clients) client.socket.write(get(origin.url))
  const stopped = proxy.close({ drainMs: 60_000 })
  for (const client of clients) {
    const { status, fields } = await client.readResponse()
    expect([status, fields.connection]).toEqual([200, 'close'])
    client.close()
  }
  expect(await stopped).toBe(0)
})

test('an answer that streams when the proxy stops is sent to its end', async () => {
  const origin = await startRawOrigin()
  const { proxy, connect } = await startTestProxy()
  const client = await connect()
  await client.write(get(origin.url))
  const peer = await origin.peer(0)
  await peer.readRequest()
  await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab')
  await client.readPast('ab')
  const stopped = proxy.close({ drainMs: 60_000 })
  await peer.write('cd')
  await client.readPast('cd')
  expect(await client.closed()).toBe('end')
  expect(await stopped).toBe(0)
})

test('answers that their client has not read yet are not cut by a stop', async () => {
  const { proxy, connect, records } = await startTestProxy({ lines: ['block blocked.test'] })
  const client = await connect()
  client.socket.pause()
  await client.write(get('http://blocked.test').repeat(20_000))
  // the client reads nothing, so that answers stay in the proxy
  let before = -1
  while (before !== records.length) {
    before = records.length
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const stopped = proxy.close({ drainMs: 60_000 })
  await turn()
  client.socket.resume()
  let answers = 1
  while ((await client.readResponse()).fields.connection !== 'close') answers++
  expect(answers).toBeGreaterThanOrEqual(before)
  expect(client.received).toBe('')
  await client.closed()
  expect(await stopped).toBe(0)
})

test('a request that has begun to arrive when the proxy stops is answered', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const { proxy, connect } = await startTestProxy()
  const client = await connect()
  await client.write(get(origin.url).slice(0, 20))
  await eventually(() => proxy.busyConnections === 1)
  const stopped = proxy.close({ drainMs: 60_000 })
  await client.write(get(origin.url).slice(20))
  expect((await client.readResponse()).fields.connection).toBe('close')
  await client.closed()
  expect(await stopped).toBe(0)
})

test('what has not ended when the time is up is cut, and counted', async () => {
  const origin = await startRawOrigin()
  const { proxy, connect, records } = await startTestProxy()
  const [asking, tunnel] = [await connect(), await connect()]
  await asking.write(get(origin.url))
  await (await origin.peer(0)).readRequest()
  await tunnel.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await tunnel.readHead()
  expect(await proxy.close({ drainMs: 100 })).toBe(2)
  await asking.ended()
  await tunnel.ended()
  expect(proxy.connections).toBe(0)
  expect(records.length).toBe(2)
  for (const peer of origin.peers) await peer.closed()
})

test('a stop without a time to drain cuts everything at once', async () => {
  const origin = await startRawOrigin()
  const { proxy, connect } = await startTestProxy()
  const client = await connect()
  await client.write(get(origin.url))
  await (await origin.peer(0)).readRequest()
  expect(await proxy.close({ drainMs: 0 })).toBe(1)
  await client.ended()
})

test('a second stop ends like the first', async () => {
  const { proxy } = await startTestProxy()
  await proxy.close()
  expect(await proxy.close()).toBe(0)
})
