import { describe, expect, test } from 'vitest'
import { answering, ok, startRawOrigin } from '../helpers/raw-origin.js'
import { startTestProxy } from '../helpers/test-proxy.js'

/** What an origin receives for the request `text` (with `ORIGIN` for its authority), and what the client gets. */
async function exchangeOf(text: string, answer = ok('hello'), piece?: number) {
  const origin = await startRawOrigin()
  const { connect } = await startTestProxy()
  const client = await connect()
  const [, method = ''] = /^(\S+)/.exec(text) ?? []
  await client.write(text.replaceAll('ORIGIN', origin.authority), piece)
  const peer = await origin.peer(0)
  const request = await peer.readRequest()
  await peer.write(answer, piece)
  return { origin, client, peer, request, response: await client.readResponse(method) }
}

const get = (fields = '') => `GET http://ORIGIN/p?q=1 HTTP/1.1\r\nHost: ORIGIN\r\n${fields}\r\n`

describe('a request that goes on', () => {
  test.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'M-SEARCH', 'PURGE', 'get'])(
    '%s reaches the origin with an origin-form target',
    async (method) => {
      const { request, response } = await exchangeOf(`${method} http://ORIGIN/a/b?c=d HTTP/1.1\r\nHost: ORIGIN\r\n\r\n`)
      expect(request.startLine).toBe(`${method} /a/b?c=d HTTP/1.1`)
      expect(response.status).toBe(200)
      expect(response.body).toBe('hello')
    },
  )

  test('keeps the order, case and spacing of the fields that stay', async () => {
    const { request } = await exchangeOf(get('X-b: 1\r\nx-A:  two \r\nUser-Agent: u\r\nX-b: 3\r\n'))
    expect(request.lines.slice(1)).toEqual(['X-b: 1', 'x-A:  two ', 'User-Agent: u', 'X-b: 3'])
  })

  test('has the authority of its target as Host, whatever the client wrote there', async () => {
    const { request, origin } = await exchangeOf('GET http://ORIGIN/ HTTP/1.1\r\nhOst: other.test\r\n\r\n')
    expect(request.lines).toEqual([`hOst: ${origin.authority}`])
  })

  test('gets a Host where an HTTP/1.0 client sent none', async () => {
    const { request, origin } = await exchangeOf('GET http://ORIGIN/ HTTP/1.0\r\nAccept: a/b\r\n\r\n')
    expect(request.startLine).toBe('GET / HTTP/1.1')
    expect(request.lines).toEqual([`Host: ${origin.authority}`, 'Accept: a/b'])
  })

  test('loses the fields of its connection, nominated ones too', async () => {
    const { request, origin } = await exchangeOf(
      get(
        'Connection: keep-alive, X-Mine\r\nProxy-Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nX-Mine: 1\r\n' +
          'TE: gzip\r\nProxy-Authorization: Basic eA==\r\nX-Other: 2\r\n',
      ),
    )
    expect(request.lines).toEqual([`Host: ${origin.authority}`, 'X-Other: 2'])
  })

  test('says again that it accepts trailers', async () => {
    const { request } = await exchangeOf(get('TE: trailers, gzip\r\nConnection: TE\r\n'))
    expect(request.fields).toMatchObject({ te: 'trailers', connection: 'TE' })
  })

  test('loses what names the client, and never gains Via', async () => {
    const { request, origin } = await exchangeOf(
      get('Via: 1.1 a\r\nX-Forwarded-For: 10.0.0.1\r\nForwarded: for=10.0.0.1\r\nFrom: a@b.test\r\n'),
    )
    expect(request.lines).toEqual([`Host: ${origin.authority}`])
  })

  test('keeps its length and body', async () => {
    const { request } = await exchangeOf('POST http://ORIGIN/ HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345')
    expect(request.fields['content-length']).toBe('5')
    expect(request.body).toBe('12345')
  })

  test('keeps its chunks and loses their extensions', async () => {
    const { request } = await exchangeOf(
      'POST http://ORIGIN/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '5;a=b;c="d;\\"e"\r\nhello\r\n00006;x\r\n world\r\n0;last\r\n\r\n',
    )
    expect(request.raw).toBe('5\r\nhello\r\n00006\r\n world\r\n0\r\n\r\n')
  })

  test('keeps its trailers but those of routing, framing, authentication and identity', async () => {
    const { request } = await exchangeOf(
      'POST http://ORIGIN/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '1\r\na\r\n0\r\nX-Sum: 1\r\nHost: evil.test\r\nAuthorization: x\r\nX-Forwarded-For: 10.0.0.1\r\n' +
        'Connection: close\r\nContent-Type: a/b\r\nX-Last: 2\r\n\r\n',
    )
    expect(request.raw).toBe('1\r\na\r\n0\r\nX-Sum: 1\r\nX-Last: 2\r\n\r\n')
  })

  test('is the same when it arrives octet by octet, and so is its answer', async () => {
    const { request, response } = await exchangeOf(
      'POST http://ORIGIN/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nVia: 1.1 a\r\n\r\n' +
        '3;e=1\r\nabc\r\n0\r\nX-T: 1\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-R: 1\r\n\r\n2;e\r\nhi\r\n0\r\n\r\n',
      1,
    )
    expect(request.startLine).toBe('POST /x HTTP/1.1')
    expect(request.fields.via).toBeUndefined()
    expect(request.raw).toBe('3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n')
    expect(response.raw).toBe('2\r\nhi\r\n0\r\n\r\n')
  })

  test('counts down Max-Forwards of TRACE and OPTIONS, and of nothing else', async () => {
    const fields = (method: string) => `${method} http://ORIGIN/ HTTP/1.1\r\nHost: h\r\nMax-Forwards: 3\r\n\r\n`
    expect((await exchangeOf(fields('TRACE'))).request.fields['max-forwards']).toBe('2')
    expect((await exchangeOf(fields('OPTIONS'))).request.fields['max-forwards']).toBe('2')
    expect((await exchangeOf(fields('GET'))).request.fields['max-forwards']).toBe('3')
  })

  test('OPTIONS of a whole server goes on in asterisk form', async () => {
    const { request } = await exchangeOf('OPTIONS http://ORIGIN HTTP/1.1\r\nHost: h\r\n\r\n')
    expect(request.startLine).toBe('OPTIONS * HTTP/1.1')
  })
})

describe('a response that comes back', () => {
  test.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
    ['no change', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n', ''],
    ['an empty body', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', ''],
  ])('with %s leaves the client connection open', async (_what, answer, body) => {
    const { client, peer, response, origin } = await exchangeOf(get(), answer)
    expect(response.body).toBe(body)
    expect(response.fields.connection).toBeUndefined()
    await client.write(get().replaceAll('ORIGIN', origin.authority))
    await peer.readRequest()
    await peer.write(ok('again'))
    expect((await client.readResponse()).body).toBe('again')
    expect(client.received).toBe('')
  })

  test('to HEAD has the fields of a body and none', async () => {
    const { client, response, origin, peer } = await exchangeOf(
      'HEAD http://ORIGIN/ HTTP/1.1\r\nHost: h\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n',
    )
    expect(response.fields['content-length']).toBe('500')
    await client.write(get().replaceAll('ORIGIN', origin.authority))
    await peer.readRequest()
    await peer.write(ok('again'))
    expect((await client.readResponse()).body).toBe('again')
  })

  test('that ends with its connection ends the client connection', async () => {
    const origin = await startRawOrigin(async (peer) => {
      await peer.readRequest()
      await peer.write('HTTP/1.1 200 OK\r\nX: y\r\n\r\nall there is')
      peer.end()
    })
    const client = await (await startTestProxy()).connect()
    await client.write(get().replaceAll('ORIGIN', origin.authority))
    const response = await client.readResponse()
    expect(response.lines).toEqual(['X: y', 'Connection: close'])
    expect(response.body).toBe('all there is')
    expect(await client.ended()).toBe('end')
  })

  test('keeps its trailers, without those that have no place there', async () => {
    const { response } = await exchangeOf(
      get('TE: trailers\r\nConnection: TE\r\n'),
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=b\r\n\r\n',
    )
    expect(response.raw).toBe('1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n')
    expect(response.fields.trailer).toBe('X-Sum')
  })

  test('loses the fields of the other connection and what plants identifiers', async () => {
    const { response } = await exchangeOf(
      get(),
      'HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nX-Kept: 2\r\n' +
        'Alt-Svc: h3=":443"\r\nAccept-CH: DPR\r\nNEL: {}\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
    )
    expect(response.lines).toEqual(['X-Kept: 2', 'Content-Length: 0'])
  })

  test('keeps its status line, and speaks HTTP/1.1 where the origin speaks 1.0', async () => {
    const { response } = await exchangeOf(get(), 'HTTP/1.0 299 Odd  Phrase\r\nContent-Length: 2\r\n\r\nok')
    expect(response.startLine).toBe('HTTP/1.1 299 Odd  Phrase')
    expect(response.fields.connection).toBeUndefined()
  })

  test('of an HTTP/1.0 origin leaves its connection open only where it says so', async () => {
    const plain = await exchangeOf(get(), 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok')
    await plain.peer.closed()
    const kept = await exchangeOf(get(), 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok')
    await kept.client.write(get().replaceAll('ORIGIN', kept.origin.authority))
    expect((await kept.peer.readRequest()).startLine).toBe('GET /p?q=1 HTTP/1.1')
  })

  test('is whole where more octets follow it, which go nowhere', async () => {
    const { client, peer, response } = await exchangeOf(get(), `${ok('hello')}HTTP/1.1 200 OK\r\n\r\nsmuggled`)
    expect(response.body).toBe('hello')
    await peer.closed()
    expect(client.received).toBe('')
  })
})

describe('interim responses', () => {
  test('100 comes from the origin, and the body follows it', async () => {
    const origin = await startRawOrigin()
    const client = await (await startTestProxy()).connect()
    await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`)
    const peer = await origin.peer(0)
    const head = await peer.readPast('\r\n\r\n')
    expect(head).toContain('Expect: 100-continue\r\n')
    await peer.write('HTTP/1.1 100 Continue\r\n\r\n')
    expect((await client.readResponse()).startLine).toBe('HTTP/1.1 100 Continue')
    await client.write('body')
    expect(await peer.readBytes(4)).toBe('body')
    await peer.write(ok('done'))
    expect((await client.readResponse()).body).toBe('done')
  })

  test('103 is relayed with its fields', async () => {
    const { client, response } = await exchangeOf(
      get(),
      `HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n${ok('page')}`,
    )
    expect(response.startLine).toBe('HTTP/1.1 103 Early Hints')
    expect(response.lines).toEqual(['Link: </a>; rel=preload'])
    expect((await client.readResponse()).body).toBe('page')
  })

  test('do not reach a client of HTTP/1.0', async () => {
    const { response } = await exchangeOf(
      'GET http://ORIGIN/ HTTP/1.0\r\n\r\n',
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok('page')}`,
    )
    expect(response.status).toBe(200)
    expect(response.body).toBe('page')
  })

  test('in a flood end the exchange', async () => {
    const { client, peer, response } = await exchangeOf(get(), 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(40))
    let last = response
    while (last.status === 103) last = await client.readResponse()
    expect(last.status).toBe(502)
    expect(last.fields['proxy-status']).toMatch(/^veilgate; error=http_protocol_error/)
    await peer.closed()
  })

  test('a request that expects 100 gets a final answer without its body being sent', async () => {
    const { client, response } = await exchangeOf(
      'POST http://ORIGIN/ HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n',
    )
    expect(response.status).toBe(417)
    expect(client.ending).toBe('open')

    const origin = await startRawOrigin(async (peer) => {
      await peer.readPast('\r\n\r\n')
      await peer.write('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n')
    })
    const waiting = await (await startTestProxy()).connect()
    await waiting.write(`PUT ${origin.url}/ HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`)
    const early = await waiting.readResponse()
    expect(early.status).toBe(417)
    expect(early.fields.connection).toBe('close')
    expect(await waiting.ended()).toBe('end')
  })
})

describe('an answer that comes while the client still sends', () => {
  test('reaches the client, whose connection then closes without a reset', async () => {
    const origin = await startRawOrigin(async (peer) => {
      await peer.readPast('\r\n\r\n')
      await peer.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig')
    })
    const { connect, record } = await startTestProxy()
    const client = await connect()
    await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000)}`)
    const response = await client.readResponse()
    expect(response.status).toBe(413)
    expect(response.body).toBe('big')
    expect(response.fields.connection).toBe('close')
    await client.write('y'.repeat(100_000))
    expect(await client.ended()).toBe('end')
    client.end()
    expect(await client.closed()).toBe('end')
    const peer = await origin.peer(0)
    await peer.closed()
    expect((await record(0)).status).toBe(413)
  })

  test('does not end an upload that goes on to its end', async () => {
    const origin = await startRawOrigin()
    const client = await (await startTestProxy()).connect()
    await client.write(`POST ${origin.url}/ HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc`)
    const peer = await origin.peer(0)
    await peer.readPast('\r\n\r\n')
    await peer.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n')
    await client.readPast('1\r\n1\r\n')
    await client.write('def')
    expect(await peer.readBytes(6)).toBe('abcdef')
    await peer.write('1\r\n2\r\n0\r\n\r\n')
    expect(await client.readPast('0\r\n\r\n')).toBe('1\r\n2\r\n0\r\n\r\n')
  })
})

describe('a client of HTTP/1.0', () => {
  test('gets chunks decoded, and the end of the connection as their end', async () => {
    const { client, response } = await exchangeOf(
      'GET http://ORIGIN/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\nX-T: 1\r\n\r\n',
    )
    expect(response.lines).toEqual(['Connection: close'])
    expect(response.body).toBe('abcdef')
    expect(await client.ended()).toBe('end')
  })

  test('keeps its connection where it asked for that and the answer has a length', async () => {
    const { client, peer, origin, response } = await exchangeOf(
      'GET http://ORIGIN/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    )
    expect(response.fields.connection).toBe('keep-alive')
    await client.write(`GET ${origin.url}/2 HTTP/1.0\r\n\r\n`)
    expect((await peer.readRequest()).startLine).toBe('GET /2 HTTP/1.1')
    await peer.write(ok('last'))
    const last = await client.readResponse()
    expect(last.body).toBe('last')
    expect(last.fields.connection).toBe('close')
    expect(await client.ended()).toBe('end')
  })

  test('does not pass on an expectation it cannot have', async () => {
    const { request } = await exchangeOf(
      'POST http://ORIGIN/ HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na',
    )
    expect(request.fields.expect).toBeUndefined()
  })
})

describe('kept origin connections', () => {
  test('serve the next request of any client', async () => {
    const origin = await startRawOrigin(answering((line) => ok(line)))
    const { connect } = await startTestProxy()
    for (const path of ['/a', '/b', '/c']) {
      const client = await connect()
      await client.write(`GET ${origin.url}${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
      expect((await client.readResponse()).body).toBe(`GET ${path} HTTP/1.1`)
      client.close()
    }
    expect(origin.peers.length).toBe(1)
  })

  test('are as many as requests run at a time', async () => {
    const origin = await startRawOrigin()
    const { connect } = await startTestProxy()
    const clients = [await connect(), await connect()]
    for (const client of clients) await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    for (const index of [0, 1]) {
      const peer = await origin.peer(index)
      await peer.readRequest()
      await peer.write(ok('x'))
    }
    for (const client of clients) await client.readResponse()
    expect(origin.peers.length).toBe(2)
  })

  test('are closed when the origin sends something nobody asked for', async () => {
    const { peer, client, origin } = await exchangeOf(get())
    await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    await peer.closed()
    await client.write(get().replaceAll('ORIGIN', origin.authority))
    const next = await origin.peer(1)
    await next.readRequest()
    await next.write(ok('clean'))
    expect((await client.readResponse()).body).toBe('clean')
  })

  test('are not kept where the origin says close', async () => {
    const { peer } = await exchangeOf(get(), ok('x', 'Connection: close\r\n'))
    expect(await peer.ended()).not.toBe('open')
  })

  test.each([
    ['closed', (peer: { end(): void }) => peer.end()],
    ['reset', (peer: { reset(): void }) => peer.reset()],
  ])(
    'that the origin has %s under a request are tried no second time: a new one carries the request',
    async (_how, end) => {
      // the first connection answers once and ends when the second request arrives
      const origin = await startRawOrigin(async (peer, index) => {
        await peer.readRequest()
        await peer.write(ok(`first of ${index}`))
        await peer.readRequest()
        end(peer as never)
      })
      const client = await (await startTestProxy()).connect()
      await client.write(`GET ${origin.url}/1 HTTP/1.1\r\nHost: x\r\n\r\n`)
      expect((await client.readResponse()).body).toBe('first of 0')
      await client.write(`GET ${origin.url}/2 HTTP/1.1\r\nHost: x\r\n\r\n`)
      expect((await client.readResponse()).body).toBe('first of 1')
      expect(origin.peers.length).toBe(2)
    },
  )

  test('that end within a response are not tried again', async () => {
    const origin = await startRawOrigin(async (peer) => {
      await peer.readRequest()
      await peer.write(ok('x'))
      await peer.readRequest()
      await peer.write('HTTP/1.1 20')
      peer.end()
    })
    const client = await (await startTestProxy()).connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    await client.readResponse()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    const response = await client.readResponse()
    expect(response.status).toBe(502)
    expect(response.fields['proxy-status']).toBe('veilgate; error=connection_terminated')
    expect(origin.peers.length).toBe(1)
  })

  test('that end after an interim response are not tried again', async () => {
    const origin = await startRawOrigin(async (peer) => {
      await peer.readRequest()
      await peer.write(ok('x'))
      await peer.readRequest()
      await peer.write('HTTP/1.1 103 Early Hints\r\n\r\n')
      peer.end()
    })
    const client = await (await startTestProxy()).connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    await client.readResponse()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client.readResponse()).status).toBe(103)
    expect((await client.readResponse()).status).toBe(502)
    expect(origin.peers.length).toBe(1)
  })

  test('a new connection that ends before an answer is an error at once', async () => {
    const origin = await startRawOrigin(async (peer) => {
      await peer.readRequest()
      peer.end()
    })
    const client = await (await startTestProxy()).connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client.readResponse()).status).toBe(502)
    expect(origin.peers.length).toBe(1)
  })

  test.each([
    ['POST', 'Content-Length: 1\r\n\r\na'],
    ['POST', '\r\n'],
    ['PATCH', '\r\n'],
    ['PUT', 'Content-Length: 1\r\n\r\na'],
  ])('never carry a %s that could not be sent again', async (method, rest) => {
    const origin = await startRawOrigin(answering(ok('x')))
    const client = await (await startTestProxy()).connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    await client.readResponse()
    await client.write(`${method} ${origin.url}/ HTTP/1.1\r\nHost: x\r\n${rest}`)
    await client.readResponse()
    expect(origin.peers.length).toBe(2)
  })
})
