import { describe, expect, onTestFinished, test } from 'vitest'
import type { ProxyOptions } from '../../src/app.js'
import type { UpstreamSettings } from '../../src/policy/upstream-settings.js'
import { type DnsZone, startDnsServer } from '../helpers/dns-server.js'
import { startDohServer } from '../helpers/doh-server.js'
import { answering, ok, startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import { eventually } from '../helpers/raw-peer.js'
import { type ParentOptions, type RecordingParent, startRecordingParent } from '../helpers/recording-parent.js'
import { connectTo, get } from '../helpers/requests.js'
import { startSilentListener } from '../helpers/silent-listener.js'
import { startTestProxy } from '../helpers/test-proxy.js'
import { expectThreeWays, serveThreeWays } from '../helpers/three-ways.js'
import { makeCertificate } from '../helpers/tls-certificate.js'
import { waitFor } from '../helpers/wait-for.js'

const certificate = makeCertificate()
const SCHEMES = ['http', 'https', 'socks4', 'socks4a', 'socks5', 'socks5h'] as const
const CHAINS = [
  ['http', 'socks5h'],
  ['socks5', 'http'],
  ['https', 'socks4a'],
  ['socks5h', 'https'],
  ['http', 'http'],
  ['https', 'socks5h', 'http'],
  ['socks5h', 'http', 'socks4'],
  ['http', 'https', 'socks5'],
] as const

/** Everything goes through these hops, which is called `up`. */
function through(hops: readonly string[], more: ProxyOptions = {}): ProxyOptions {
  return routed(
    { up: { hops, tor: false, ca: certificate.file } },
    [{ match: ['*'], via: 'up', anonymous: false }],
    more,
  )
}

function routed(
  upstreams: Readonly<Record<string, UpstreamSettings>>,
  route: ProxyOptions['route'],
  more: ProxyOptions = {},
): ProxyOptions {
  const { egress, ...rest } = more
  return {
    upstreams,
    route,
    egress: {
      guard: { allow: ['127.0.0.0/8', '::1'] },
      connectPorts: [[1, 65_535]],
      httpPorts: [[1, 65_535]],
      ...egress,
    },
    ...rest,
  }
}

async function startParents(
  schemes: readonly string[],
  options: ParentOptions = {},
): Promise<{ readonly parents: readonly RecordingParent[]; readonly hops: readonly string[] }> {
  const parents: RecordingParent[] = []
  for (const scheme of schemes) {
    parents.push(await startRecordingParent({ ...options, ...(scheme === 'https' && { tls: certificate }) }))
  }
  return { parents, hops: schemes.map((scheme, i) => `${scheme}://127.0.0.1:${parents[i]?.port}`) }
}

async function dns(zone: DnsZone) {
  const server = await startDnsServer(zone)
  return { server, egress: { dns: { servers: [server.address] } } }
}

/** Answers requests, upgrades where it is asked to, and echoes what follows. */
async function asked(text: string, options: ProxyOptions) {
  const proxy = await startTestProxy(options)
  const client = await proxy.connect()
  await client.write(text)
  const isTunnel = text.startsWith('CONNECT')
  return { proxy, client, response: await (isTunnel ? client.readHead() : client.readResponse()) }
}

const WAYS = [...SCHEMES.map((scheme) => [scheme]), ...CHAINS].map((schemes) => ({ schemes, way: schemes.join(' → ') }))

describe.each(WAYS)('through $way', ({ schemes }: { readonly schemes: readonly string[] }) => {
  const names = { 'a.test': '127.0.0.1' }
  const zone: DnsZone = { 'a.test': { A: { addresses: ['127.0.0.1'] } } }
  const isOnlyIPv4 = schemes.at(-1) === 'socks4'

  const targets: readonly (readonly [what: string, address: string, host: string])[] = [
    ['a name', '127.0.0.1', 'a.test'],
    ['an IPv4 address', '127.0.0.1', '127.0.0.1'],
    ['an IPv6 address', '::1', '[::1]'],
  ]
  test.each(isOnlyIPv4 ? targets.slice(0, 2) : targets)(
    'http, a tunnel and WebSocket reach %s',
    async (_what, address, host) => {
      const origin = await startRawOrigin(serveThreeWays, address)
      const { hops, parents } = await startParents(schemes, { names })
      const { egress } = await dns(zone)
      const proxy = await startTestProxy(through(hops, { egress }))
      const authority = `${host}:${origin.port}`

      await expectThreeWays(proxy, authority, 'GET /p?q HTTP/1.1')

      for (let i = 0; i < 3; i++) expect((await proxy.record(i)).egress).toMatchObject({ route: 'up', ip: '127.0.0.1' })
      for (const [i, parent] of parents.entries()) {
        const next = parents[i + 1]
        for (const { port } of parent.asked) expect(port).toBe(next === undefined ? origin.port : next.port)
      }
    },
  )

  test('names are looked up here by socks4 and socks5 alone', async () => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const { hops, parents } = await startParents(schemes, { names })
    const { server, egress } = await dns(zone)
    const { response } = await asked(get(`http://a.test:${origin.port}/`), through(hops, { egress }))
    expect(response.status).toBe(200)
    const last = schemes.at(-1) ?? ''
    const isHere = last === 'socks4' || last === 'socks5'
    expect(server.questions.length > 0).toBe(isHere)
    expect(parents.at(-1)?.asked[0]?.host).toBe(isHere ? '127.0.0.1' : 'a.test')
  })
})

test.each(['http', 'https', 'socks4a', 'socks5h'])(
  'for an upstream of %s a service over HTTPS is not even connected to',
  async (scheme) => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const { hops } = await startParents([scheme], { names: { 'a.test': '127.0.0.1' } })
    const recorder = await startDnsServer({})
    const service = await startDohServer({ certificate, answer: () => ({ addresses: ['127.0.0.1'] }) })
    const doh = { url: service.url, bootstrap: ['127.0.0.1'], ca: certificate.file }
    const egress = { dns: { mode: 'doh', doh, fallback: 'system', servers: [recorder.address] } } as const
    const proxy = await startTestProxy(through(hops, { egress }))
    const client = await proxy.connect()
    await client.write(get(`http://a.test:${origin.port}/`))
    const answer = await client.readResponse()
    expect(answer, answer.fields['proxy-status']).toMatchObject({ status: 200 })
    await client.write(connectTo(`a.test:${origin.port}`))
    expect((await client.readHead()).status).toBe(200)
    client.close()
    const lost = await proxy.connect()
    await lost.write(connectTo('nowhere.test:443'))
    expect((await lost.readHead()).status).toBeGreaterThan(499)
    expect([service.connections.made, recorder.questions]).toEqual([0, []])
  },
)

test('socks4 does not reach IPv6 addresses', async () => {
  const { hops } = await startParents(['socks4'])
  const { response } = await asked(get('http://[::1]:9/'), through(hops))
  expect(response.status).toBe(502)
  expect(response.fields['proxy-status']).toContain('destination_ip_unroutable')
})

describe('requests to a parent that speaks HTTP', () => {
  test('go in absolute-form, without what was for us, with its credentials in each', async () => {
    const heads: string[] = []
    const parent = await startRawOrigin(async (peer) => {
      for (;;) {
        const request = await peer.readRequest()
        heads.push([request.startLine, ...request.lines].join('\n'))
        await peer.write(ok('from the parent'))
      }
    })
    const proxy = await startTestProxy(through([`http://me:se%40cret@${parent.authority}`]))
    const client = await proxy.connect()
    for (const path of ['/a', '/b?c']) {
      await client.write(get(`http://a.test${path}`, 'Proxy-Authorization: Basic b3RoZXI=\r\nX-Mine: 1\r\n'))
      expect(await client.readResponse()).toMatchObject({ status: 200, body: 'from the parent' })
    }
    const token = Buffer.from('me:se@cret').toString('base64')
    expect(heads).toEqual([
      `GET http://a.test/a HTTP/1.1\nHost: a.test\nX-Mine: 1\nProxy-Authorization: Basic ${token}`,
      `GET http://a.test/b?c HTTP/1.1\nHost: a.test\nX-Mine: 1\nProxy-Authorization: Basic ${token}`,
    ])
    expect(parent.peers).toHaveLength(1)
    await client.write('OPTIONS http://a.test HTTP/1.1\r\nHost: a.test\r\n\r\n')
    await client.readResponse()
    expect(heads[2]).toMatch(/^OPTIONS http:\/\/a\.test HTTP\/1\.1\n/)
  })

  test('its 407 is ours to answer: 502, and the challenge goes no further', async () => {
    const parent = await startRawOrigin(
      answering('HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'),
    )
    const { response } = await asked(get('http://a.test/'), through([`http://${parent.authority}`]))
    expect(response.status).toBe(502)
    expect(response.fields['proxy-status']).toBe('veilgate; error=proxy_configuration_error; details="up"')
    expect(response.fields['proxy-authenticate']).toBeUndefined()
  })
})

describe('credentials', () => {
  test.each(['http', 'https', 'socks5', 'socks5h'] as const)(
    '%s shows its own, and a wrong one is 502',
    async (scheme) => {
      const origin = await startRawOrigin(answering(ok('hello')))
      const parent = await startRecordingParent({
        credentials: 'me:p:w/d',
        ...(scheme === 'https' && { tls: certificate }),
      })
      const url = (password: string) => [`${scheme}://me:${password}@127.0.0.1:${parent.port}`]
      const right = await asked(connectTo(origin.authority), through(url('p%3Aw%2Fd')))
      expect(right.response.status).toBe(200)
      const wrong = await asked(connectTo(origin.authority), through(url('other')))
      expect(wrong.response.status).toBe(502)
      expect(wrong.response.fields['proxy-status']).toContain('veilgate; error=proxy_configuration_error')
      expect(wrong.response.fields['proxy-authenticate']).toBeUndefined()
      expect(JSON.stringify(wrong.response) + wrong.proxy.messages.join()).not.toContain('other')
    },
  )

  test('of one hop are seen by no other', async () => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const first = await startRecordingParent({ credentials: 'one:1' })
    const second = await startRecordingParent({ credentials: 'two:2' })
    const third = await startRecordingParent({ credentials: 'three:3' })
    const hops = [
      `http://one:1@127.0.0.1:${first.port}`,
      `socks5h://two:2@127.0.0.1:${second.port}`,
      `http://three:3@127.0.0.1:${third.port}`,
    ]
    for (const text of [connectTo(origin.authority), get(`${origin.url}/`)]) {
      const { response } = await asked(text, through(hops))
      expect(response.status).toBe(200)
    }
    const seen = [first, second, third].map(({ asked: all }) => all.map(({ credentials }) => credentials))
    expect(seen).toEqual([
      ['one:1', 'one:1'],
      ['two:2', 'two:2'],
      ['three:3', 'three:3'],
    ])
    expect(origin.peers[1]?.received ?? '').not.toContain('Proxy-Authorization')
  })

  test('an https hop whose certificate nobody vouches for is not spoken to', async () => {
    const { hops, parents } = await startParents(['https'])
    const { response } = await asked(
      connectTo('a.test:443'),
      routed({ up: { hops, tor: false } }, [{ match: ['*'], via: 'up', anonymous: false }]),
    )
    expect(response.status).toBe(503)
    expect(response.fields['proxy-status']).toContain('no TLS with it (DEPTH_ZERO_SELF_SIGNED_CERT)')
    expect(parents[0]?.asked).toEqual([])
  })
})

describe('what a working upstream says of the target', () => {
  test.each([
    ['socks5h', '\x05\x03\0\x01\0\0\0\0\0\0', 502, 'destination_ip_unroutable'],
    ['socks5h', '\x05\x04\0\x01\0\0\0\0\0\0', 502, 'destination_ip_unroutable'],
    ['socks5h', '\x05\x05\0\x01\0\0\0\0\0\0', 502, 'connection_refused'],
    ['socks5h', '\x05\x06\0\x01\0\0\0\0\0\0', 504, 'connection_timeout'],
    ['socks5h', '\x05\x01\0\x01\0\0\0\0\0\0', 502, 'connection_refused'],
    ['socks5h', '\x05\x02\0\x01\0\0\0\0\0\0', 502, 'connection_refused'],
    ['socks4a', '\0\x5b\0\0\0\0\0\0', 502, 'connection_refused'],
    ['http', 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n', 502, 'connection_terminated'],
    ['http', 'HTTP/1.1 504 Gateway Timeout\r\n\r\n', 504, 'connection_timeout'],
    ['http', 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\nno', 502, 'connection_refused'],
    ['http', 'SSH-2.0-OpenSSH_9.2\r\n', 503, 'destination_unavailable'],
    ['socks5h', '', 503, 'destination_unavailable'],
  ] as const)('%s %j is %i %s', async (scheme, answer, status, error) => {
    const parent = await startRecordingParent({ answer: () => answer })
    const { response, proxy } = await asked(connectTo('a.test:443'), through([`${scheme}://127.0.0.1:${parent.port}`]))
    expect(response.status).toBe(status)
    expect(response.fields['proxy-status']).toContain(`veilgate; error=${error}`)
    expect((await proxy.record(0)).egress).toMatchObject({ route: 'up' })
    const [state] = await proxy.proxy.upstreams()
    expect(state).toMatchObject({ status: status === 503 ? 'down' : 'up' })
  })
})

describe('no member answers', () => {
  test('503 the first time and every time, and nothing goes direct', async () => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const { server, egress } = await dns({ 'a.test': { A: { addresses: ['127.0.0.1'] } } })
    const proxy = await startTestProxy(through([`socks5h://127.0.0.1:${await unusedPort()}`], { egress }))
    const client = await proxy.connect()
    for (let i = 0; i < 5; i++) {
      await client.write(get(`http://a.test:${origin.port}/`))
      const response = await client.readResponse()
      expect(response.status).toBe(503)
      expect(response.fields['proxy-status']).toBe(
        'veilgate; error=destination_unavailable; details="up: it refuses connections"',
      )
    }
    await client.write(get(`${origin.url}/`))
    expect((await client.readResponse()).status).toBe(503)
    expect([origin.peers.length, server.questions.length]).toEqual([0, 0])
    expect(proxy.messages).toContain('upstream up is down: it refuses connections')
  })

  test('nor after a reload to one that does not answer', async () => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const { proxy, client, response } = await asked(get(`${origin.url}/`), routed({}, []))
    expect(response.status).toBe(200)
    await proxy.proxy.reload({
      listen: ['http://127.0.0.1:0'],
      ...through([`http://127.0.0.1:${await unusedPort()}`]),
    })
    await client.write(get(`${origin.url}/`))
    expect((await client.readResponse()).status).toBe(503)
    expect(origin.peers).toHaveLength(1)
  })

  test('a reload that would leak is refused, and the old upstreams stay', async () => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const { hops } = await startParents(['socks5h'])
    const { proxy, client } = await asked(get(`${origin.url}/`), through(hops))
    const leaky = routed({}, [{ match: ['*'], via: 'direct', anonymous: true }])
    await expect(proxy.proxy.reload(leaky)).rejects.toThrow('marked anonymous')
    await client.write(get(`${origin.url}/`))
    expect((await client.readResponse()).status).toBe(200)
    expect((await proxy.record(1)).egress?.route).toBe('up')
  })

  test('so is one that says nothing of routes any more, as a file that was cut short does; direct is what is written so', async () => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const { hops } = await startParents(['socks5h'])
    const { proxy, client } = await asked(get(`${origin.url}/`), through(hops))
    await expect(proxy.proxy.reload(routed({}, []))).rejects.toThrow(
      'route: no route is left, so that all would go direct',
    )
    await client.write(get(`${origin.url}/`))
    await client.readResponse()
    await proxy.proxy.reload(routed({}, [{ match: ['*'], via: 'direct', anonymous: false }]))
    await client.write(get(`${origin.url}/`))
    await client.readResponse()
    expect((await proxy.record(2)).egress?.route).toBe('direct')
    expect(proxy.records.map(({ egress }) => egress?.route)).toEqual(['up', 'up', 'direct'])
    await proxy.proxy.reload(routed({}, []))
  })

  test('comes back when the upstream does', async () => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const parent = await startRecordingParent()
    const { port } = parent
    parent.close()
    const { proxy, client, response } = await asked(get(`${origin.url}/`), through([`socks5h://127.0.0.1:${port}`]))
    expect(response.status).toBe(503)
    await startRecordingParent({ port })
    await client.write(get(`${origin.url}/`))
    expect((await client.readResponse()).status).toBe(200)
    expect(proxy.messages.at(-1)).toBe('upstream up is up again')
  })
})

describe('routes', () => {
  test('the first that matches decides, direct is only what is written so, and the rest does not leave', async () => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const { hops, parents } = await startParents(['socks5h'], { names: { 'a.test': '127.0.0.1' } })
    const { egress } = await dns({ 'direct.test': { A: { addresses: ['127.0.0.1'] } } })
    const proxy = await startTestProxy(
      routed(
        { up: { hops, tor: false } },
        [
          { match: ['.direct.test'], via: 'direct', anonymous: false },
          { match: ['*.test', '127.0.0.1'], via: 'up', anonymous: true },
        ],
        { egress },
      ),
    )
    const client = await proxy.connect()
    for (const [host, status] of [
      ['direct.test', 200],
      ['a.test', 200],
      ['127.0.0.1', 200],
      ['other.example', 503],
    ] as const) {
      await client.write(get(`http://${host}:${origin.port}/`))
      expect((await client.readResponse()).status).toBe(status)
    }
    await eventually(() => proxy.records.length === 4)
    expect(proxy.records.map(({ egress: left }) => left?.route ?? null)).toEqual(['direct', 'up', 'up', null])
    expect(proxy.records[3]).toMatchObject({ error: 'VG_NO_ROUTE', decision: { reason: 'route' } })
    expect(parents[0]?.asked.map(({ host }) => host)).toEqual(['a.test', '127.0.0.1'])
  })

  test('.onion goes into Tor alone, and is looked up nowhere', async () => {
    const { hops, parents } = await startParents(['socks5h'], { names: { 'x.onion': '127.0.0.1' } })
    const origin = await startRawOrigin(answering(ok('hello')))
    const { server, egress } = await dns({})
    const route = [{ match: ['*'], via: 'up', anonymous: false }]
    const marked = await asked(
      get(`http://x.onion:${origin.port}/`),
      routed({ up: { hops, tor: true } }, route, { egress }),
    )
    expect(marked.response.status).toBe(200)
    const unmarked = await asked(get('http://x.onion/'), routed({ up: { hops, tor: false } }, route, { egress }))
    expect(unmarked.response.status).toBe(502)
    expect(unmarked.response.fields['proxy-status']).toBe('veilgate; error=dns_error')
    const direct = await asked(get('http://x.onion/'), routed({}, [], { egress }))
    expect(direct.response.status).toBe(502)
    expect([server.questions, parents[0]?.asked.length]).toEqual([[], 1])
  })

  test('a literal in a private range is refused through an upstream too, whose own address is not', async () => {
    const { hops, parents } = await startParents(['socks5h'])
    const options = through(hops, { egress: { guard: { allow: [] } } })
    const { response } = await asked(connectTo('10.1.2.3:443'), options)
    expect(response.fields['proxy-status']).toContain('destination_ip_prohibited')
    const name = await asked(connectTo('a.test:443'), options)
    expect(name.response.fields['proxy-status']).toContain('destination_ip_unroutable')
    expect(parents[0]?.asked.map(({ host }) => host)).toEqual(['a.test'])
  })

  test('so is localhost, which a parent on this machine would take for it, and it leads nobody back to us', async () => {
    const { hops, parents } = await startParents(['socks5h'], { names: { localhost: '127.0.0.1' } })
    const closed = await asked(connectTo('localhost:443'), through(hops, { egress: { guard: { allow: [] } } }))
    expect(closed.response.fields['proxy-status']).toContain('destination_ip_prohibited')
    const proxy = await startTestProxy(through(hops))
    const client = await proxy.connect()
    await client.write(get(`http://localhost:${proxy.port}/`))
    expect((await client.readResponse()).fields['proxy-status']).toContain('proxy_loop_detected')
    expect(parents[0]?.asked).toEqual([])
  })

  test('under default block a name is not let through on the chance of its address where an upstream looks it up', async () => {
    const { hops, parents } = await startParents(['socks5h'], { names: { 'a.test': '127.0.0.1' } })
    const { response } = await asked(connectTo('a.test:443'), {
      ...through(hops),
      ...{ lines: ['default block', 'allow 127.0.0.0/8'] },
    })
    expect(response.status).toBe(403)
    expect(parents[0]?.asked).toEqual([])
  })

  test('connections that left differently do not stand in for each other', async () => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const { hops, parents } = await startParents(['socks5h'])
    const up = { up: { hops, tor: false } } as const
    const { proxy, client } = await asked(
      get(`${origin.url}/`),
      routed(up, [{ match: ['127.0.0.1'], via: 'direct', anonymous: false }]),
    )
    await proxy.proxy.reload({ listen: ['http://127.0.0.1:0'], ...through(hops) })
    await client.write(get(`${origin.url}/`))
    await client.readResponse()
    await client.write(get(`${origin.url}/`))
    await client.readResponse()
    expect([origin.peers.length, parents[0]?.asked.length]).toEqual([2, 1])
  })
})

describe('groups', () => {
  const group = (
    members: readonly string[],
    strategy: 'first' | 'round-robin' | 'sticky' = 'first',
    by: 'client' | 'site' = 'client',
  ) => ({
    group: strategy,
    members,
    by,
    lifetimeMs: 600_000,
  })

  test('the next member is tried before the client has heard anything, and the first is returned to', async () => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const dead = await startRecordingParent()
    dead.close()
    const { hops, parents } = await startParents(['http'])
    const proxy = await startTestProxy(
      routed(
        {
          a: { hops: [`socks5h://127.0.0.1:${dead.port}`], tor: false },
          b: { hops, tor: false },
          out: group(['a', 'b']),
        },
        [{ match: ['*'], via: 'out', anonymous: true }],
      ),
    )
    for (let i = 0; i < 3; i++) {
      const client = await proxy.connect()
      await client.write(connectTo(origin.authority))
      expect((await client.readHead()).status).toBe(200)
      client.reset()
    }
    expect((await proxy.record(2)).egress?.route).toBe('b')
    expect(parents[0]?.asked).toHaveLength(3)
    expect(await proxy.proxy.upstreams()).toMatchObject([
      { name: 'a', status: 'down', lastError: 'it refuses connections' },
      { name: 'b', status: 'up' },
      { name: 'out', up: 1, of: 2 },
    ])

    await startRecordingParent({ port: dead.port })
    await waitFor(async () =>
      expect((await proxy.proxy.upstreams())[0]).toMatchObject({ status: 'down', retryInMs: 0 }),
    )
    const client = await proxy.connect()
    await client.write(connectTo(origin.authority))
    expect((await client.readHead()).status).toBe(200)
    client.reset()
    expect((await proxy.record(3)).egress?.route).toBe('a')
  })

  test('the next member is tried when too many are dialling the first hop of this one', async () => {
    const origin = await startRawOrigin()
    const port = await unusedPort()
    const silent = await startSilentListener('127.0.0.1', port)
    onTestFinished(() => silent.close())
    const { parents, hops } = await startParents(['socks5h'])
    const proxy = await startTestProxy(
      routed(
        {
          busy: { hops: [`socks5h://127.0.0.1:${port}`], tor: false },
          free: { hops, tor: false },
          out: { group: 'first', members: ['busy', 'free'], by: 'client', lifetimeMs: 1 },
        },
        [{ match: ['*'], via: 'out', anonymous: false }],
        { limits: { connectTimeoutMs: 1_500, pendingDialsPerOrigin: 1 } },
      ),
    )
    const clients = await Promise.all([proxy.connect(), proxy.connect(), proxy.connect()])
    for (const client of clients) await client.write(connectTo(origin.authority))
    for (const client of clients) expect((await client.readHead()).status).toBe(200)
    expect(parents[0]?.asked).toHaveLength(3)
    expect(proxy.counts.limits.pendingDialsPerOrigin).toBeGreaterThan(0)
  })

  test('a member that accepts and never answers leaves time for the next', async () => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const silent = await startRawOrigin()
    const { hops } = await startParents(['socks5h'])
    const limits = { connectTimeoutMs: 2_000 }
    const { response, proxy } = await asked(
      connectTo(origin.authority),
      routed(
        {
          a: { hops: [`socks5h://${silent.authority}`], tor: false },
          b: { hops, tor: false },
          out: group(['a', 'b']),
        },
        [{ match: ['*'], via: 'out', anonymous: false }],
        { limits },
      ),
    )
    expect(response.status).toBe(200)
    const alone = await asked(connectTo(origin.authority), through([`socks5h://${silent.authority}`], { limits }))
    expect(alone.response.status).toBe(503)
    // it costs its whole time, so it is not asked again before that is due
    await alone.client.closed()
    const again = await alone.proxy.connect()
    await again.write(connectTo(origin.authority))
    expect((await again.readResponse()).status).toBe(503)
    expect(silent.peers).toHaveLength(2)
    expect((await proxy.proxy.upstreams())[0]).toMatchObject({ status: 'down', lastError: 'it did not answer in time' })
  })

  test('round-robin takes turns, sticky does not', async () => {
    const origin = await startRawOrigin(answering(ok('hello')))
    const { hops } = await startParents(['socks5h', 'socks5h'])
    const [one = '', two = ''] = hops
    const upstreams = { a: { hops: [one], tor: false }, b: { hops: [two], tor: false } }
    const routesOf = async (out: UpstreamSettings) => {
      const proxy = await startTestProxy(
        routed({ ...upstreams, out }, [{ match: ['*'], via: 'out', anonymous: false }]),
      )
      for (let i = 0; i < 4; i++) {
        const client = await proxy.connect()
        await client.write(connectTo(origin.authority))
        await client.readHead()
        client.reset()
        await proxy.record(i)
      }
      return proxy.records.map(({ egress }) => egress?.route)
    }
    expect(await routesOf(group(['a', 'b'], 'round-robin'))).toEqual(['a', 'b', 'a', 'b'])
    expect(new Set(await routesOf(group(['a', 'b'], 'sticky'))).size).toBe(1)
    expect(new Set(await routesOf(group(['a', 'b'], 'sticky', 'site'))).size).toBe(1)
  })
})

test('lists are fetched through the upstream too', async () => {
  const server = await startRawOrigin(answering(ok('block ads.test\n', 'Content-Type: text/plain\r\n')))
  const { hops, parents } = await startParents(['socks5h'], { names: { 'lists.test': '127.0.0.1' } })
  const { server: asking, egress } = await dns({})
  const proxy = await startTestProxy(
    through(hops, {
      egress,
      cache: 'off',
      rules: {
        lists: {
          ads: { url: `http://lists.test:${server.port}/a`, action: 'block', maxBytes: 1_000_000, maxShrink: 0.5 },
        },
      },
    }),
  )
  await eventually(() => proxy.proxy.lists[0]?.status === 'current')
  expect(parents[0]?.asked).toMatchObject([{ host: 'lists.test' }])
  expect(asking.questions).toEqual([])
})
