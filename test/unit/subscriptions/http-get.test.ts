import { describe, expect, test } from 'vitest'
import { httpGet } from '../../../src/subscriptions/http-get.js'
import { openEgress } from '../../helpers/list-egress.js'
import { answering, ok, startRawOrigin } from '../../helpers/raw-origin.js'

const signal = new AbortController().signal
const options = { fields: {}, maxBytes: 1_000, signal, ca: undefined }

async function get(answer: string, over: Partial<typeof options> = {}, egress = openEgress()) {
  const origin = await startRawOrigin(async (peer) => {
    await peer.readRequest()
    await peer.write(answer)
    peer.end()
  })
  return httpGet(new URL(`${origin.url}/a/list.txt?x=1`), egress, { ...options, ...over })
}

test('asks once, with the fields it is given and the host of the URL, and closes the connection', async () => {
  const requests: string[] = []
  const origin = await startRawOrigin(
    answering((line) => {
      requests.push(line)
      return ok('list', 'ETag: "1"\r\n')
    }),
  )
  const answer = await httpGet(new URL(`${origin.url}/a/list.txt?x=1`), openEgress(), {
    ...options,
    fields: { 'X-One': '1' },
  })
  expect(answer).toMatchObject({ status: 200, fields: { etag: '"1"' } })
  expect(answer.body.toString()).toBe('list')
  expect(requests).toEqual(['GET /a/list.txt?x=1 HTTP/1.1'])
  const peer = await origin.peer(0)
  expect(await peer.closed()).not.toBe('open')
})

test('bodies that are chunked, or end with the connection, are read whole', async () => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlist\r\n0\r\n\r\n'
  expect((await get(chunked)).body.toString()).toBe('list')
  expect((await get('HTTP/1.1 200 OK\r\n\r\nlist')).body.toString()).toBe('list')
})

test('the body of another status is left alone', async () => {
  const answer = await get('HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 100000\r\n\r\nx')
  expect(answer).toMatchObject({ status: 302, fields: { location: '/b' } })
  expect(answer.body.length).toBe(0)
})

describe('is refused:', () => {
  test.each([
    ['a length over the limit', 'HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n', 'it is over 1000 bytes (maxBytes)'],
    ['a body over the limit', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1_001)}`, 'it is over 1000 bytes (maxBytes)'],
    ['a body that breaks off', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nlist', 'aborted'],
    ['no HTTP', 'SSH-2.0-x\r\n\r\n', 'Parse Error'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nlist', 'Parse Error'],
    ['an endless head', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`, 'Header overflow'],
    ['nothing', '', 'socket hang up'],
    ['another protocol unasked', 'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', 'broke off'],
  ])('%s', async (_what, answer, message) => {
    await expect(get(answer)).rejects.toThrow(message)
  })

  test('a body without a length whose connection is reset', async () => {
    const origin = await startRawOrigin(async (peer) => {
      await peer.readRequest()
      await peer.write('HTTP/1.1 200 OK\r\n\r\nhalf')
      await new Promise((resolve) => setTimeout(resolve, 50))
      peer.reset()
    })
    await expect(httpGet(new URL(origin.url), openEgress(), options)).rejects.toThrow()
  })

  test('a server that does not answer, one that stops, and one that nobody waits for', async () => {
    const impatient = openEgress({ headTimeoutMs: 80, bodyTimeoutMs: 80 })
    const silent = await startRawOrigin()
    const url = new URL(silent.url)
    await expect(httpGet(url, impatient, options)).rejects.toThrow('the server does not answer (waited 0.08 s)')
    const stalling = await startRawOrigin((peer) => peer.write('HTTP/1.1 200 OK\r\n\r\nhalf'))
    await expect(httpGet(new URL(stalling.url), impatient, options)).rejects.toThrow(
      'the server stopped in the middle of the list (waited 0.08 s)',
    )
    const stop = new AbortController()
    const asked = httpGet(url, openEgress(), { ...options, signal: stop.signal })
    await (await silent.peer(1)).readRequest()
    stop.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    for (const peer of silent.peers) expect(await peer.closed()).not.toBe('open')
  })
})
