import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HeaderProfile } from '../../src/config/config.js'
import { dumpDom } from '../helpers/chromium.js'
import { type DnsServer, startDnsServer } from '../helpers/dns-server.js'
import { type EchoOrigin, type SeenRequest, startEchoOrigin } from '../helpers/echo-origin.js'
import { startOpenProxy } from '../helpers/open-proxy.js'
import { ok, startRawOrigin } from '../helpers/raw-origin.js'
import { hasCommand, runCommand } from '../helpers/run-command.js'
import { startTestProxy } from '../helpers/test-proxy.js'

const LOAD_MS = 60_000
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0'
const UNKNOWN = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0'
const LANGUAGE = 'en-US,en;q=0.5'

/** Name and value of each field, in order, as the origin received them. */
function linesOf({ rawHeaders }: SeenRequest): readonly string[] {
  return rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []))
}

describe.skipIf(!hasCommand('curl'))('curl, as an origin sees it', () => {
  let origin: EchoOrigin
  beforeAll(async () => {
    origin = await startEchoOrigin()
  })
  afterAll(() => origin.close())

  /** What arrives of a request with the header set of a script that wants to be a browser. */
  async function seen(profile: HeaderProfile, path: string, ...more: string[]) {
    const proxy = await startOpenProxy('', { headers: { profile } })
    try {
      const { code, stderr } = await runCommand('curl', ['-sS', '-x', proxy.url, ...more, `${origin.url}${path}`])
      expect([code, stderr]).toEqual([0, ''])
      const [request] = origin.seen.slice(-1)
      if (request === undefined) throw new Error('nothing arrived')
      return { path: request.path, lines: linesOf(request).slice(1), removed: proxy.records[0]?.headersRemoved }
    } finally {
      await proxy.close()
    }
  }

  test.each([
    ['off', 'curl/'],
    ['standard', 'curl/'],
    ['strict', UNKNOWN],
  ] as const)('in %s says what it is: %s', async (profile, agent) => {
    const { lines } = await seen(profile, '/plain')
    expect(lines).toEqual([expect.stringContaining(`User-Agent: ${agent}`), 'Accept: */*'])
  })

  test('in paranoid says only what it can read', async () => {
    expect(await seen('paranoid', '/plain')).toMatchObject({ lines: ['Accept: */*'], removed: ['User-Agent'] })
  })

  const fields = [
    ['-H', 'X-Forwarded-For: 10.1.2.3'],
    ['-H', 'X-UIDH: abc'],
    ['-H', 'sec-ch-ua: "Chromium";v="156"'],
    ['-H', 'sec-ch-ua-mobile: ?0'],
    ['-H', 'DNT: 1'],
    ['-A', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36'],
    ['-H', 'accept-language: de-CH,de;q=0.9'],
    ['-H', 'X-CSRF-Token: t'],
    ['-e', 'http://news.test/secret?q=1'],
    ['-b', 'session=1'],
    ['-u', 'user:password'],
    ['-H', 'If-None-Match: "abc"'],
  ].flat()

  test('in strict shows another site the browser of its family and nobody’s login', async () => {
    const { path, lines, removed } = await seen('strict', '/pixel?utm_campaign=a&id=7&fbclid=b', ...fields)
    expect(path).toBe('/pixel?id=7')
    expect([...lines].sort()).toEqual([
      'Accept: */*',
      'Referer: http://news.test/',
      `User-Agent: ${FIREFOX}`,
      'X-CSRF-Token: t',
      `accept-language: ${LANGUAGE}`,
    ])
    expect([...(removed ?? [])].sort()).toEqual([
      'Authorization',
      'Cookie',
      'DNT',
      'If-None-Match',
      'X-Forwarded-For',
      'X-UIDH',
      'sec-ch-ua',
      'sec-ch-ua-mobile',
    ])
  })

  test('in strict keeps its login within the site', async () => {
    const own = fields.map((field) => field.replace('http://news.test/', `${origin.url}/`))
    const { lines } = await seen('strict', '/own', ...own)
    expect(lines).toEqual(
      expect.arrayContaining(['Cookie: session=1', 'If-None-Match: "abc"', `Referer: ${origin.url}/secret?q=1`]),
    )
  })

  test('in paranoid keeps what the list allows', async () => {
    const own = fields.map((field) => field.replace('http://news.test/', `${origin.url}/`))
    const { path, lines } = await seen('paranoid', '/own?gclid=1', ...own)
    expect(path).toBe('/own')
    expect([...lines].sort()).toEqual([
      'Accept: */*',
      'Authorization: Basic dXNlcjpwYXNzd29yZA==',
      'If-None-Match: "abc"',
      `accept-language: ${LANGUAGE}`,
    ])
  })

  test('uploads under every profile as without one', async () => {
    const upload = ['--data-binary', 'hello', '-H', 'Transfer-Encoding: chunked', '-H', 'Expect: 100-continue']
    const bodies = []
    for (const profile of ['off', 'paranoid'] as const) {
      const { lines } = await seen(profile, '/upload', ...upload)
      const [request] = origin.seen.slice(-1)
      bodies.push([
        request?.method,
        request?.bodySha256,
        lines.filter((line) => /^(transfer|expect|content)/i.test(line)),
      ])
    }
    expect(bodies[1]).toEqual(bodies[0])
    expect(bodies[0]?.[2]).toContain('Transfer-Encoding: chunked')
  })
})

describe.skipIf(!hasCommand('chromium'))('Chromium, as an origin sees it', { timeout: LOAD_MS }, () => {
  let dns: DnsServer
  let origin: EchoOrigin
  beforeAll(async () => {
    const loopback = { A: { addresses: ['127.0.0.1'] } }
    dns = await startDnsServer({ 'page.test': loopback, 'cdn.test': loopback })
    origin = await startEchoOrigin({
      answer: (request, response) => {
        response.setHeader('accept-ch', 'Sec-CH-UA-Model, DPR')
        response.setHeader('content-type', request.url === '/own.js' ? 'text/javascript' : 'text/html')
        response.end(request.url?.startsWith('/page') ? page() : '')
      },
    })
  })
  afterAll(async () => {
    await origin.close()
    await dns.close()
  })
  const page = () =>
    `<!doctype html><body><script src="/own.js"></script><img src="http://cdn.test:${origin.port}/i.png?gclid=1&a=2">`

  async function load(profile: HeaderProfile, host: string) {
    const rules = `default block\nallow ${host}\nallow cdn.test`
    const dnsServers = { servers: [dns.address] }
    const proxy = await startOpenProxy(rules, {
      headers: { profile },
      egress: { guard: { allow: ['127.0.0.0/8'] }, dns: dnsServers },
    })
    const before = origin.seen.length
    try {
      await dumpDom(proxy.url, `http://${host}:${origin.port}/page?id=1&utm_source=x`)
    } finally {
      await proxy.close()
    }
    return (path: string) => {
      const request = origin.seen.slice(before).find((one) => one.path === path)
      if (request === undefined) throw new Error(`${path} was not asked for`)
      return linesOf(request).filter((line) => !line.startsWith('Accept: '))
    }
  }

  test('in strict is Firefox by its fields', async () => {
    const seen = await load('strict', 'page.test')
    const own = ['Accept-Encoding: gzip, deflate', `Accept-Language: ${LANGUAGE}`]
    expect(seen('/page?id=1')).toEqual([
      `Host: page.test:${origin.port}`,
      'Upgrade-Insecure-Requests: 1',
      `User-Agent: ${FIREFOX}`,
      ...own,
    ])
    expect(seen('/own.js')).toEqual([
      `Host: page.test:${origin.port}`,
      `User-Agent: ${FIREFOX}`,
      `Referer: http://page.test:${origin.port}/page?id=1`,
      ...own,
    ])
    expect(seen('/i.png?a=2')).toEqual([
      `Host: cdn.test:${origin.port}`,
      `User-Agent: ${FIREFOX}`,
      `Referer: http://page.test:${origin.port}/`,
      ...own,
    ])
  })

  test('in strict sends no hint to a loopback address, where browsers send all of them', async () => {
    const seen = await load('strict', '127.0.0.1')
    expect(seen('/own.js')).toEqual([
      `Host: 127.0.0.1:${origin.port}`,
      `User-Agent: ${FIREFOX}`,
      'Sec-Fetch-Site: same-origin',
      'Sec-Fetch-Mode: no-cors',
      'Sec-Fetch-Dest: script',
      `Referer: http://127.0.0.1:${origin.port}/page?id=1`,
      expect.stringContaining('Accept-Encoding: '),
      `Accept-Language: ${LANGUAGE}`,
    ])
  })

  test('in paranoid says where it goes, what it can read, and nothing else', async () => {
    const seen = await load('paranoid', 'page.test')
    const rest = ['Accept-Encoding: gzip, deflate', `Accept-Language: ${LANGUAGE}`]
    for (const path of ['/page?id=1', '/own.js'])
      expect(seen(path)).toEqual([`Host: page.test:${origin.port}`, ...rest])
    expect(seen('/i.png?a=2')).toEqual([`Host: cdn.test:${origin.port}`, ...rest])
  })
})

describe('between a client and an origin', () => {
  const WEBSOCKET = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n'
  const IDENTITY =
    'Proxy-Authorization: Basic eDp5\r\nX-Forwarded-For: 10.0.0.1\r\nUser-Agent: Chrome (X11)\r\nSec-CH-UA: x\r\n' +
    'Origin: http://b.test\r\nCookie: a=b\r\nSec-Fetch-Site: cross-site\r\n'

  test.each([
    ['strict', ['User-Agent', 'Origin', 'Sec-Fetch-Site']],
    ['paranoid', []],
  ] as const)('an upgrade to WebSocket passes the table of %s, and still works', async (profile, others) => {
    const origin = await startRawOrigin()
    const { connect, record } = await startTestProxy({ headers: { profile } })
    const client = await connect()
    await client.write(`GET ${origin.url}/chat?id=1&gclid=2 HTTP/1.1\r\nHost: x\r\n${WEBSOCKET}${IDENTITY}\r\n`)
    const peer = await origin.peer(0)
    const { startLine, lines } = await peer.readRequest()
    expect(startLine).toBe('GET /chat?id=1 HTTP/1.1')
    const websocket = ['Host', 'Upgrade', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version']
    expect(lines.map((line) => line.slice(0, line.indexOf(':')))).toEqual([...websocket, ...others, 'Connection'])
    await peer.write(
      'HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: a\r\nSet-Cookie: c\r\n\r\n',
    )
    expect((await client.readHead()).fields).toEqual({
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-accept': 'a',
    })
    await client.write('\x81\x00')
    expect(await peer.readBytes(2)).toBe('\x81\x00')
    client.end()
    peer.end()
    expect((await record(0)).headersRemoved).toEqual(expect.arrayContaining(['X-Forwarded-For', 'Sec-CH-UA', 'Cookie']))
  })

  test('each host has the profile of its entry, in requests, answers and trailers', async () => {
    const trailers = '2\r\nhi\r\n0\r\nX-Own: 1\r\nVia: 1.1 a\r\nX-Sum: 2\r\n\r\n'
    const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nNEL: {}\r\nX-Own: 1\r\n\r\n${trailers}`
    const bodies: string[] = []
    const origin = await startRawOrigin(async (peer) => {
      bodies.push((await peer.readRequest()).raw)
      await peer.write(chunked)
    })
    const perHost = [
      { match: ['localhost'], profile: 'off' as const },
      { match: ['127.0.0.0/8'], profile: 'strict' as const, remove: ['X-Own'], set: { 'X-Set': 'y' } },
    ]
    const { connect } = await startTestProxy({ headers: { perHost } })
    const ask = async (host: string) => {
      const client = await connect()
      const head = `POST http://${host}:${origin.port}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n`
      await client.write(`${head}DNT: 1\r\nVia: 1.1 a\r\nX-Own: 1\r\n\r\n${trailers}`)
      return client
    }
    const bare = await ask('localhost')
    expect((await bare.readHead()).lines).toEqual(['Transfer-Encoding: chunked', 'NEL: {}', 'X-Own: 1'])
    expect(await bare.readBytes(trailers.length)).toBe(trailers)
    const strict = await ask('127.0.0.1')
    expect((await strict.readHead()).lines).toEqual(['Transfer-Encoding: chunked'])
    const without = trailers.replace('X-Own: 1\r\n', '')
    expect(await strict.readBytes(without.length)).toBe(without)
    expect(bodies).toEqual([trailers, without.replace('Via: 1.1 a\r\n', '')])
  })

  test('a third party plants nothing in strict, the site itself does', async () => {
    const origin = await startRawOrigin(async (peer) => {
      for (;;) {
        await peer.readRequest()
        await peer.write(ok('x', 'Set-Cookie: a=b\r\nETag: "c"\r\n'))
      }
    })
    const { connect } = await startTestProxy({ headers: { profile: 'strict' } })
    const client = await connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\nReferer: http://b.test/\r\n\r\n`)
    expect((await client.readResponse()).lines).toEqual(['Content-Length: 1'])
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client.readResponse()).lines).toEqual(['Set-Cookie: a=b', 'ETag: "c"', 'Content-Length: 1'])
  })

  test('rules see the path as the client sent it', async () => {
    const origin = await startRawOrigin()
    const { connect } = await startTestProxy({
      headers: { profile: 'strict' },
      lines: ['block http://127.0.0.1/*utm_source=spam*'],
    })
    const client = await connect()
    await client.write(`GET ${origin.url}/?utm_source=spam HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client.readResponse()).status).toBe(403)
  })
})
