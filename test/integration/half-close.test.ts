import { expect, test } from 'vitest'
import { answering, ok, startRawOrigin } from '../helpers/raw-origin.js'
import { turn } from '../helpers/raw-peer.js'
import { startTestProxy } from '../helpers/test-proxy.js'

test('a client that half-closes after its request gets its answer', async () => {
  const origin = await startRawOrigin()
  const client = await (await startTestProxy()).connect()
  await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
  client.end()
  const peer = await origin.peer(0)
  await peer.readRequest()
  await turn()
  await peer.write(ok('late'))
  const response = await client.readResponse()
  expect(response.body).toBe('late')
  expect(response.fields.connection).toBe('close')
  expect(await client.closed()).toBe('end')
})

test('a client that half-closes in the middle of an answer gets all of it', async () => {
  const origin = await startRawOrigin()
  const client = await (await startTestProxy()).connect()
  await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
  const peer = await origin.peer(0)
  await peer.readRequest()
  await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf')
  await client.readPast('half')
  client.end()
  await turn()
  await peer.write('half')
  await client.readPast('half')
  expect(await client.closed()).toBe('end')
})

test('a client that sends its request with a body and half-closes at once gets its answer', async () => {
  const origin = await startRawOrigin(answering((line, body) => ok(`${line} ${body}`)))
  const client = await (await startTestProxy()).connect()
  await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody`)
  client.end()
  expect((await client.readResponse()).body).toBe('POST / HTTP/1.1 body')
  expect(await client.closed()).toBe('end')
})

test('a client that sends chunks and half-closes at once gets its answer', async () => {
  const origin = await startRawOrigin(answering((line, body) => ok(`${line} ${body}`)))
  const client = await (await startTestProxy()).connect()
  await client.write(
    `POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`,
  )
  client.end()
  expect((await client.readResponse()).body).toBe('POST / HTTP/1.1 body')
})

test('a client that half-closes after several requests gets every answer', async () => {
  const origin = await startRawOrigin(answering((line) => ok(line)))
  const client = await (await startTestProxy({ lines: ['block blocked.test'] })).connect()
  await client.write(
    `GET ${origin.url}/1 HTTP/1.1\r\nHost: x\r\n\r\n` +
      'GET http://blocked.test/ HTTP/1.1\r\nHost: x\r\n\r\n' +
      `GET ${origin.url}/3 HTTP/1.1\r\nHost: x\r\n\r\n`,
  )
  client.end()
  expect((await client.readResponse()).body).toBe('GET /1 HTTP/1.1')
  expect((await client.readResponse()).status).toBe(403)
  const last = await client.readResponse()
  expect(last.body).toBe('GET /3 HTTP/1.1')
  expect(last.fields.connection).toBe('close')
  expect(await client.closed()).toBe('end')
})

test.each([
  ['nothing', ''],
  ['half a head', 'GET http://a.test/ HTT'],
])('a client that half-closes after %s is closed', async (_what, text) => {
  const { connect, proxy } = await startTestProxy()
  const client = await connect()
  await client.write(text)
  client.end()
  expect(await client.closed()).toBe('end')
  expect(client.received).toBe('')
  expect(proxy.connections).toBe(0)
})

test('a client that half-closes within a body ends the exchange, and the origin never sees a whole request', async () => {
  const origin = await startRawOrigin()
  const { connect, record } = await startTestProxy()
  const client = await connect()
  await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf`)
  const peer = await origin.peer(0)
  await peer.readPast('half')
  client.end()
  await peer.closed()
  expect(peer.received).toBe('')
  expect((await record(0)).error).toBe('client_aborted')
})

test('a client that half-closes within a body before the origin is reached ends the exchange', async () => {
  const origin = await startRawOrigin()
  const { connect, record } = await startTestProxy()
  const client = await connect()
  await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf`)
  client.end()
  await client.closed()
  expect((await record(0)).error).toBe('client_aborted')
  for (const peer of origin.peers) await peer.closed()
})

test('an origin that half-closes after its answer ends with the exchange', async () => {
  const origin = await startRawOrigin(async (peer) => {
    await peer.readRequest()
    await peer.write(ok('x'))
    peer.end()
  })
  const client = await (await startTestProxy()).connect()
  for (let i = 0; i < 3; i++) {
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client.readResponse()).body).toBe('x')
  }
  for (const peer of origin.peers) await peer.closed()
})
