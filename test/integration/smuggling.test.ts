import { describe, expect, test } from 'vitest'
import { ok, startRawOrigin } from '../helpers/raw-origin.js'
import { turn } from '../helpers/raw-peer.js'
import { startTestProxy } from '../helpers/test-proxy.js'

/** Sends `text` (with `ORIGIN`) whole and octet by octet; tells what reached the origin and the client's first answer. */
async function send(text: string, piece?: number): Promise<{ readonly seen: string; readonly status: number }> {
  const origin = await startRawOrigin((peer) => void peer.socket.on('data', () => peer.socket.write(ok(''))))
  const client = await (await startTestProxy()).connect()
  await client.write(text.replaceAll('ORIGIN', origin.authority), piece)
  const { status } = await client.readResponse()
  await client.ended()
  await turn()
  return { seen: origin.peers.map(({ received }) => received).join(''), status }
}

const post = (fields: string, body: string) => `POST http://ORIGIN/ HTTP/1.1\r\nHost: ORIGIN\r\n${fields}\r\n${body}`
const HIDDEN = 'GET http://ORIGIN/hidden HTTP/1.1\r\nHost: ORIGIN\r\n\r\n'

describe.each([
  ['whole', undefined],
  ['octet by octet', 1],
])('a request that two parsers could read differently (%s)', (_how, piece) => {
  test.each([
    ['a length before chunks', post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`)],
    ['chunks before a length', post('Transfer-Encoding: chunked\r\nContent-Length: 6\r\n', `0\r\n\r\n${HIDDEN}`)],
    ['a coding in other letters', post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${HIDDEN}`)],
    ['a coding behind a tab', post('Transfer-Encoding:\tchunked\t\r\n', `0\r\n\r\n${HIDDEN}`)],
    ['a coding behind a vertical tab', post('Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${HIDDEN}`)],
    ['a coding with a space before the colon', post('Transfer-Encoding : chunked\r\n', `0\r\n\r\n${HIDDEN}`)],
    ['a coding twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', `0\r\n\r\n${HIDDEN}`)],
    ['a coding on a folded line', post('Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${HIDDEN}`)],
    ['two lengths in a list', post('Content-Length: 0, 5\r\n', HIDDEN)],
    ['a length with a sign', post('Content-Length: +5\r\n', HIDDEN)],
    ['a length in hexadecimal', post('Content-Length: 0x5\r\n', HIDDEN)],
    ['a length beyond every number', post('Content-Length: 99999999999999999999\r\n', HIDDEN)],
    ['a bare LF behind a field', post('X: y\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`)],
    ['a bare CR in a field', post('X: y\rTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`)],
    ['a NUL in a field', post('X: y\0\r\n', HIDDEN)],
    ['a name with a control character', post('X\x01: y\r\n', HIDDEN)],
    ['chunks in HTTP/1.0', 'POST http://ORIGIN/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a tab in the request line', 'GET\thttp://ORIGIN/ HTTP/1.1\r\nHost: ORIGIN\r\n\r\n'],
    ['a space in the target', 'GET http://ORIGIN/a b HTTP/1.1\r\nHost: ORIGIN\r\n\r\n'],
  ])('with %s is refused, and nothing of it reaches the origin', async (_what, text) => {
    const { seen, status } = await send(text, piece)
    expect(status).toBe(400)
    expect(seen).toBe('')
  })

  test.each([
    ['a chunk size that is negative', '-1\r\na\r\n0\r\n\r\n'],
    ['a chunk size with a prefix', '0x1\r\na\r\n0\r\n\r\n'],
    ['a chunk size that overflows', 'fffffffffffffffff\r\na\r\n0\r\n\r\n'],
    ['a chunk size behind a space', ' 1\r\na\r\n0\r\n\r\n'],
    ['a chunk line that ends in LF', '1\na\r\n0\r\n\r\n'],
    ['chunk data longer than its size', '1\r\nab\r\n0\r\n\r\n'],
    ['an extension with a bare CR', '1;a\rb\r\na\r\n0\r\n\r\n'],
    ['a trailer that is no field', '0\r\nno field\r\n\r\n'],
    ['a length in the trailers', '0\r\nContent-Length: 5\r\n\r\n'],
  ])('with %s never reaches the origin as a whole request', async (_what, body) => {
    const { seen, status } = await send(post('Transfer-Encoding: chunked\r\n', body + HIDDEN), piece)
    expect(status).toBeOneOf([400, 200])
    expect(seen).not.toContain('hidden')
    expect(seen).not.toContain('0\r\n\r\n')
  })
})

test('no field that a Connection option names takes the framing or the Host away', async () => {
  const { connect } = await startTestProxy()
  const origin = await startRawOrigin()
  const client = await connect()
  await client.write(
    `POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nConnection: Content-Length, Host, Transfer-Encoding\r\nContent-Length: 3\r\n\r\nabc`,
  )
  const request = await (await origin.peer(0)).readRequest()
  expect(request.fields).toEqual({ host: origin.authority, 'content-length': '3' })
  expect(request.body).toBe('abc')
})

describe('a body that looks like a request', () => {
  test.each([
    ['a length', `Content-Length: ${HIDDEN.length}\r\n`, HIDDEN],
    ['chunks', 'Transfer-Encoding: chunked\r\n', `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`],
  ])('framed by %s stays a body', async (_what, fields, body) => {
    const origin = await startRawOrigin()
    const { connect, records } = await startTestProxy()
    const client = await connect()
    await client.write(post(fields, body).replace('http://ORIGIN', origin.url))
    const peer = await origin.peer(0)
    expect((await peer.readRequest()).body).toBe(HIDDEN)
    await peer.write(ok('x'))
    await client.readResponse()
    expect(records.length).toBe(1)
    expect(origin.peers.length).toBe(1)
  })
})

test('an answer of one origin never becomes the answer of another request', async () => {
  const evil = await startRawOrigin(async (peer) => {
    await peer.readRequest()
    await peer.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`)
  })
  const { connect } = await startTestProxy()
  const [first, second] = [await connect(), await connect()]
  for (const client of [first, second]) {
    await client?.write(`GET ${evil.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client?.readResponse())?.body).toBe('ok')
  }
  await turn()
  expect(first?.received).toBe('')
  expect(evil.peers.length).toBe(2)
})
