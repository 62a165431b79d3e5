import { expect, test } from 'vitest'
import { answering, ok, startRawOrigin } from '../helpers/raw-origin.js'
import { eventually, turn } from '../helpers/raw-peer.js'
import { startTestProxy } from '../helpers/test-proxy.js'

const request = (url: string, rest = '\r\n') => `GET ${url} HTTP/1.1\r\nHost: x\r\n${rest}`

test('requests sent ahead are answered in order, blocked and local ones among them', async () => {
  const origin = await startRawOrigin(answering((line) => ok(line)))
  const client = await (await startTestProxy({ lines: ['block blocked.test'] })).connect()
  await client.write(
    request(`${origin.url}/1`) +
      request('http://blocked.test/') +
      `POST ${origin.url}/3 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab` +
      `OPTIONS ${origin.url}/ HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n` +
      request(`${origin.url}/5`),
  )
  expect((await client.readResponse()).body).toBe('GET /1 HTTP/1.1')
  expect((await client.readResponse()).status).toBe(403)
  expect((await client.readResponse()).body).toBe('POST /3 HTTP/1.1')
  expect((await client.readResponse()).fields.allow).toBeDefined()
  expect((await client.readResponse()).body).toBe('GET /5 HTTP/1.1')
})

test('a request sent ahead reaches its origin only when the answer before it is complete', async () => {
  const [first, second] = [await startRawOrigin(), await startRawOrigin()]
  const client = await (await startTestProxy()).connect()
  await client.write(request(`${first.url}/`) + request(`${second.url}/`))
  const one = await first.peer(0)
  await one.readRequest()
  await one.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab')
  await client.readPast('ab')
  await turn()
  expect(second.peers.length).toBe(0)
  await one.write('cd')
  await client.readPast('cd')
  const two = await second.peer(0)
  await two.readRequest()
  await two.write(ok('two'))
  expect((await client.readResponse()).body).toBe('two')
})

test('nothing behind a request that closes the connection is answered', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const client = await (await startTestProxy()).connect()
  await client.write(request(`${origin.url}/`, 'Connection: close\r\n\r\n') + request(`${origin.url}/never`))
  expect((await client.readResponse()).fields.connection).toBe('close')
  expect(await client.closed()).toBe('end')
  expect(client.received).toBe('')
})

test('nothing behind a malformed request is answered', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const client = await (await startTestProxy()).connect()
  await client.write(`${request(`${origin.url}/`)}GET http://a.test/ HTTP/1.1\r\n\r\n${request(`${origin.url}/never`)}`)
  expect((await client.readResponse()).body).toBe('x')
  expect((await client.readResponse()).status).toBe(400)
  expect(await client.closed()).toBe('end')
  expect(client.received).toBe('')
  expect(origin.peers.length).toBe(1)
})

test('what comes with a CONNECT that is refused is not taken for a request', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const client = await (await startTestProxy({ lines: ['block blocked.test'] })).connect()
  await client.write(`CONNECT blocked.test:443 HTTP/1.1\r\nHost: x\r\n\r\n${request(`${origin.url}/`)}`)
  const refusal = await client.readResponse()
  expect(refusal.status).toBe(403)
  expect(refusal.fields.connection).toBe('close')
  expect(await client.closed()).toBe('end')
  expect(client.received).toBe('')
  expect(origin.peers.length).toBe(0)
})

test.each([
  ['refusals', () => 'http://blocked.test/', 20_000],
  ['answers of an origin', (url: string) => `${url}/`, 4_000],
])('a client that sends requests and reads no %s is held back', async (_what, target, count) => {
  const origin = await startRawOrigin(answering(ok('x'.repeat(4_000))))
  const { connect, proxy, records } = await startTestProxy({ lines: ['block blocked.test'] })
  const client = await connect()
  client.socket.pause()
  const text = request(target(origin.url)).repeat(count)
  await client.write(text)
  // neither side moves any more
  let before = -1
  while (before !== records.length) {
    before = records.length
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  expect(records.length).toBeLessThan(count)
  expect(proxy.connections).toBe(1)
  client.socket.resume()
  await eventually(() => records.length === count)
})
