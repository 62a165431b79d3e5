import { describe, expect, onTestFinished, test } from 'vitest'
import { type DnsZone, startDnsServer } from '../helpers/dns-server.js'
import { answering, ok, startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import type { RawResponse } from '../helpers/raw-peer.js'
import { startTestProxy, type TestProxyOptions } from '../helpers/test-proxy.js'

/*
 * One row of contract §3 each. Limits are in limits.test.ts, time-outs in
 * time-outs.test.ts, both with the same fields.
 */

const get = (target: string, fields = '') => `GET ${target} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`
const connectTo = (target: string) => `CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`

/** What `text` is answered, and whether the connection takes a good request afterwards. */
async function ask(text: string, options: TestProxyOptions = {}): Promise<RawResponse & { readonly stays: boolean }> {
  const client = await (await startTestProxy(options)).connect()
  await client.write(text)
  const response = await client.readResponse(text.slice(0, text.indexOf(' ')))
  if (response.fields.connection === 'close') {
    expect(await client.closed()).toBe('end')
    expect(client.received).toBe('')
    return { ...response, stays: false }
  }
  await client.write('OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n')
  expect((await client.readResponse()).status).toBe(200)
  return { ...response, stays: true }
}

const blocked: TestProxyOptions = { lines: ['allow good.test', 'block *.blocked.test # bad people'] }

describe('a target that a rule blocks', () => {
  test('gets 403 with the list and line, and the client connection stays', async () => {
    const response = await ask(get('http://a.blocked.test/'), blocked)
    expect(response.status).toBe(403)
    expect(response.fields['proxy-status']).toBe('veilgate; error=http_request_denied; details="t.rules:2"')
    expect(response.fields['cache-control']).toBe('no-store')
    expect(response.stays).toBe(true)
  })

  test('gets the same for CONNECT, and the connection closes because of what may follow', async () => {
    const response = await ask(connectTo('a.blocked.test:443'), blocked)
    expect(response.status).toBe(403)
    expect(response.fields['proxy-status']).toBe('veilgate; error=http_request_denied; details="t.rules:2"')
    expect(response.fields['content-type']).toBe('text/plain; charset=utf-8')
    expect(response.body).toContain('t.rules:2')
    expect(response.stays).toBe(false)
  })

  test.each([
    'http://a.blocked.test/',
    'http://A.Blocked.TEST./',
    'http://a.blocked.test:8080/x',
    'HTTP://a.blocked.test',
  ])('is found in the spelling %s', async (target) => {
    expect((await ask(get(target), blocked)).status).toBe(403)
  })

  test('gets 451 where the configuration says so', async () => {
    const options = { ...blocked, rules: { blockStatus: 451 } } as const
    const response = await ask(get('http://a.blocked.test/'), options)
    expect(response.startLine).toBe('HTTP/1.1 451 Unavailable For Legal Reasons')
    expect(response.fields['proxy-status']).toMatch(/^veilgate; error=http_request_denied/)
    expect((await ask(connectTo('a.blocked.test:443'), options)).status).toBe(451)
  })

  test('under `default block` is told so', async () => {
    const response = await ask(get('http://other.test/'), { lines: ['default block', 'allow good.test'] })
    expect(response.status).toBe(403)
    expect(response.fields['proxy-status']).toMatch(/^veilgate; error=http_request_denied/)
  })

  test('is a page for a document, with its reason, the request id and the line that would allow it', async () => {
    const response = await ask(
      get('http://a.blocked.test/<x>?secret=1', 'Accept: text/html\r\n').replace('<x>', '%3Cx%3E'),
      {
        ...blocked,
        blockPage: { title: 'No <b>', contact: 'admin@a.test' },
      },
    )
    expect(response.fields['content-type']).toBe('text/html; charset=utf-8')
    expect(response.fields['content-security-policy']).toMatch(/^default-src 'none'/)
    expect(response.body).toContain('No &lt;b&gt;')
    expect(response.body).toContain('admin@a.test')
    expect(response.body).toContain('a.blocked.test')
    expect(response.body).toContain('bad people')
    expect(response.body).toContain('allow a.blocked.test')
    expect(response.body).not.toContain('secret')
  })

  test.each([['Accept: application/json\r\n'], ['Sec-Fetch-Dest: empty\r\n']])(
    'is a problem for a program (%j)',
    async (fields) => {
      const response = await ask(get('http://a.blocked.test/', fields), blocked)
      expect(response.fields['content-type']).toBe('application/problem+json')
      expect(JSON.parse(response.body)).toMatchObject({
        status: 403,
        host: 'a.blocked.test',
        rule: { list: 't.rules', line: 2 },
      })
    },
  )

  test('is answered to HEAD without a body, and the connection stays', async () => {
    const response = await ask('HEAD http://a.blocked.test/ HTTP/1.1\r\nHost: x\r\n\r\n', blocked)
    expect(response.status).toBe(403)
    expect(Number(response.fields['content-length'])).toBeGreaterThan(0)
    expect(response.stays).toBe(true)
  })

  test('with a body is refused before that is read, and the connection closes', async () => {
    const response = await ask(
      'POST http://a.blocked.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\nGET http://smuggled.test/ HTTP/1.1\r\n\r\n',
      blocked,
    )
    expect(response.status).toBe(403)
    expect(response.stays).toBe(false)
  })

  test('is served in report mode, and told as one that would be blocked', async () => {
    const origin = await startRawOrigin(answering(ok('served')))
    const { connect, record } = await startTestProxy({ lines: ['block 127.0.0.1'], rules: { report: true } })
    const client = await connect()
    await client.write(get(`${origin.url}/`))
    expect((await client.readResponse()).body).toBe('served')
    expect(await record(0)).toMatchObject({
      status: 200,
      wouldBlock: true,
      decision: { action: 'block', reason: 'rule' },
    })
    await client.write(connectTo(origin.authority))
    expect((await client.readHead()).status).toBe(200)
  })

  test('is refused on connections with good requests before and after', async () => {
    const origin = await startRawOrigin(answering(ok('good')))
    const client = await (await startTestProxy(blocked)).connect()
    for (const target of [origin.url, 'http://a.blocked.test', origin.url, 'http://b.blocked.test', origin.url]) {
      await client.write(get(`${target}/`))
      expect((await client.readResponse()).status).toBe(target === origin.url ? 200 : 403)
    }
    expect(origin.peers.length).toBe(1)
  })
})

describe('what is refused whatever the rules say', () => {
  const guarded: TestProxyOptions = { lines: ['allow! *'], rules: { report: true }, egress: { guard: { allow: [] } } }

  test.each([
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '192.168.1.1',
    '0.0.0.0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[fe80::1]',
    '0x7f.1',
  ])('the address %s gets 403 from the guard', async (host) => {
    for (const text of [get(`http://${host}:1234/`), connectTo(`${host}:1234`)]) {
      const response = await ask(text, guarded)
      expect(response.status).toBe(403)
      expect(response.fields['proxy-status']).toMatch(/^veilgate; error=destination_ip_prohibited/)
    }
  })

  test('a name whose addresses the guard refuses gets 403 and nothing is dialled', async () => {
    const origin = await startRawOrigin()
    for (const text of [get(`http://localhost:${origin.port}/`), connectTo(`localhost:${origin.port}`)]) {
      const response = await ask(text, guarded)
      expect(response.status).toBe(403)
      expect(response.fields['proxy-status']).toMatch(/^veilgate; error=destination_ip_prohibited/)
    }
    expect(origin.peers.length).toBe(0)
  })

  test('a port that is not open gets 403', async () => {
    const options: TestProxyOptions = {
      rules: { report: true },
      egress: { connectPorts: [[443, 443]], httpPorts: [[80, 80]] },
    }
    for (const text of [
      get('http://127.0.0.1:25/'),
      connectTo('127.0.0.1:25'),
      connectTo('127.0.0.1:80'),
      get('http://127.0.0.1:443/'),
    ]) {
      const response = await ask(text, options)
      expect(response.status).toBe(403)
      expect(response.fields['proxy-status']).toMatch(/^veilgate; error=http_request_denied; details="port \d+"$/)
    }
  })

  test('the proxy itself gets 508, by address, by name and before the guard', async () => {
    for (const guard of [['127.0.0.0/8'], []]) {
      const { connect, port } = await startTestProxy({ egress: { guard: { allow: guard } } })
      for (const text of [
        get(`http://127.0.0.1:${port}/`),
        connectTo(`127.1:${port}`),
        get(`http://localhost:${port}/`),
        connectTo(`localhost:${port}`),
      ]) {
        const client = await connect()
        await client.write(text)
        const response = await client.readResponse()
        expect(response.status).toBe(508)
        expect(response.fields['proxy-status']).toMatch(/^veilgate; error=proxy_loop_detected/)
      }
    }
  })
})

describe('what cannot be understood', () => {
  test.each([
    ['no request at all', '\x16\x03\x01\x02\x00\r\n\r\n', 400],
    ['a request line of two parts', 'GET http://a.test/\r\n\r\n', 400],
    ['white space in front of a field', `GET http://a.test/ HTTP/1.1\r\nHost: a\r\n X: y\r\n\r\n`, 400],
    ['white space before a colon', `GET http://a.test/ HTTP/1.1\r\nHost : a\r\n\r\n`, 400],
    ['no Host', 'GET http://a.test/ HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', 'GET http://a.test/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    [
      'a length and chunks',
      'POST http://a.test/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'two lengths',
      'POST http://a.test/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef',
      400,
    ],
    ['another coding', 'POST http://a.test/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', 400],
    ['origin-form', 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n', 400],
    ['https: in absolute-form', get('https://a.test/'), 400],
    ['a fragment', get('http://a.test/#x'), 400],
    ['user information that hides the host', get('http://good.test@/'), 400],
    ['a port beyond 65535', get('http://a.test:65536/'), 400],
    ['ws: without an upgrade', get('ws://a.test/'), 400],
    ['an asterisk without OPTIONS', get('*'), 400],
    ['TRACE with content', 'TRACE http://a.test/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na', 400],
    ['HTTP/2.0', 'GET http://a.test/ HTTP/2.0\r\nHost: a\r\n\r\n', 505],
    ['HTTP/1.2', 'GET http://a.test/ HTTP/1.2\r\nHost: a\r\n\r\n', 505],
  ])('%s gets its status and closes the connection', async (_what, text, status) => {
    const response = await ask(text)
    expect(response.status).toBe(status)
    expect(response.fields['proxy-status']).toMatch(/^veilgate; error=http_request_error/)
    expect(response.stays).toBe(false)
  })

  test.each(['ftp://a.test/x', 'gopher://a.test/', 'urn:a:b'])('the scheme of %s gets 501', async (target) => {
    const response = await ask(get(target))
    expect(response.status).toBe(501)
    expect(response.fields['proxy-status']).toBe('veilgate; error=http_request_error')
  })
})

describe('an origin that cannot serve', () => {
  async function withZone(zone: DnsZone): Promise<TestProxyOptions> {
    const dns = await startDnsServer(zone)
    onTestFinished(() => dns.close())
    return { egress: { dns: { servers: [dns.address] } } }
  }

  test.each([
    ['NXDOMAIN', {}],
    ['SERVFAIL', { 'a.example': { A: { rcode: 'SERVFAIL' }, AAAA: { rcode: 'SERVFAIL' } } }],
    ['REFUSED', { 'a.example': { A: { rcode: 'REFUSED' }, AAAA: { rcode: 'REFUSED' } } }],
  ] as const)('a name that answers %s gets 502 with that rcode', async (rcode, zone) => {
    for (const text of [get('http://a.example/'), connectTo('a.example:443')]) {
      const response = await ask(text, await withZone(zone))
      expect(response.status).toBe(502)
      expect(response.fields['proxy-status']).toContain(`veilgate; error=dns_error; rcode="${rcode}"`)
    }
  })

  test.each(['a.onion', 'a.invalid', 'a.localhost'])('%s is asked of no server', async (name) => {
    const dns = await startDnsServer({})
    onTestFinished(() => dns.close())
    const response = await ask(get(`http://${name}:${await unusedPort()}/`), {
      egress: { dns: { servers: [dns.address] } },
    })
    expect(response.status).toBe(502)
    expect(response.fields['proxy-status']).toMatch(/^veilgate; error=(dns_error|connection_refused)/)
    expect(dns.questions).toEqual([])
  })

  test('an origin that refuses gets 502', async () => {
    const port = await unusedPort()
    const response = await ask(get(`http://127.0.0.1:${port}/`))
    expect(response.status).toBe(502)
    expect(response.fields['proxy-status']).toMatch(/^veilgate; error=connection_refused/)
    expect(response.stays).toBe(true)
    const tunnel = await ask(connectTo(`127.0.0.1:${port}`))
    expect(tunnel.status).toBe(502)
    expect(tunnel.fields['proxy-status']).toMatch(/^veilgate; error=connection_refused/)
    expect(tunnel.stays).toBe(false)
  })

  test.each([
    ['nonsense', 'no HTTP at all\r\n\r\n'],
    ['a head that is malformed', 'HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['HTTP/2.0', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['407', 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n'],
    ['101 unasked', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
  ])('one that answers %s gets 502, and its connection is closed', async (_what, answer) => {
    const origin = await startRawOrigin(answering(answer))
    const response = await ask(get(`${origin.url}/`))
    expect(response.status).toBe(502)
    expect(response.fields['proxy-status']).toMatch(/^veilgate; error=http_protocol_error/)
    expect(response.stays).toBe(true)
    await (await origin.peer(0)).closed()
  })
})

describe('what the proxy answers itself', () => {
  test('OPTIONS * and OPTIONS with no forwards left', async () => {
    for (const text of [
      'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
      'OPTIONS http://a.test/ HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n',
    ]) {
      const { connect, record } = await startTestProxy()
      const client = await connect()
      await client.write(text)
      const response = await client.readResponse()
      expect(response.status).toBe(200)
      expect(response.fields.allow).toContain('CONNECT')
      expect((await record(0)).decision).toMatchObject({ action: 'allow', reason: 'local' })
    }
  })

  test('TRACE with no forwards left, without what is secret', async () => {
    const response = await ask(
      'TRACE http://a.test/x HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\nCookie: secret\r\nAuthorization: secret\r\nProxy-Authorization: secret\r\nX-Seen: yes\r\n\r\n',
    )
    expect(response.status).toBe(200)
    expect(response.fields['content-type']).toBe('message/http')
    expect(response.body).toMatch(/^TRACE http:\/\/a\.test\/x HTTP\/1\.1\r\n/)
    expect(response.body).toContain('X-Seen: yes\r\n')
    expect(response.body).not.toContain('secret')
  })
})
