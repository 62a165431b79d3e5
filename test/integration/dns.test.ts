import { describe, expect, onTestFinished, test } from 'vitest'
import { type DnsServer, type DnsZone, startDnsServer } from '../helpers/dns-server.js'
import { type DohScript, startDohServer } from '../helpers/doh-server.js'
import { answering, ok, startRawOrigin } from '../helpers/raw-origin.js'
import { startTestProxy, type TestProxyOptions } from '../helpers/test-proxy.js'
import { makeCertificate } from '../helpers/tls-certificate.js'

const certificate = makeCertificate()
const CLOAKED = { A: { cname: 'x.tracker.test', addresses: ['127.0.0.1'] }, AAAA: { cname: 'x.tracker.test' } } as const
const ZONE: DnsZone = { 'metrics.site.test': CLOAKED, 'plain.test': { A: { addresses: ['127.0.0.1'] } } }

async function record(zone: DnsZone = ZONE): Promise<DnsServer> {
  const dns = await startDnsServer(zone)
  onTestFinished(() => dns.close())
  return dns
}

type Egress = NonNullable<TestProxyOptions['egress']>

async function startBySystem(options: TestProxyOptions, zone?: DnsZone) {
  const dns = await record(zone)
  const proxy = await startTestProxy({ ...options, egress: { ...options.egress, dns: { servers: [dns.address] } } })
  return { dns, ...proxy }
}

async function startByHttps(
  answer: (name: string) => DohScript,
  dns: Egress['dns'] = {},
  options: TestProxyOptions = {},
) {
  const recorder = await record()
  const service = await startDohServer({
    certificate,
    answer: ({ question }) => (question.startsWith('AAAA') ? {} : answer(question.slice(2))),
  })
  const doh = { url: service.url, bootstrap: ['127.0.0.1'], ca: certificate.file }
  const proxy = await startTestProxy({
    ...options,
    egress: { ...options.egress, dns: { mode: 'doh', doh, servers: [recorder.address], ...dns } },
  })
  return { service, recorder, ...proxy }
}

const get = (url: string) => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`
const tunnel = (authority: string) => `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`

describe('a cloaked tracker', () => {
  test('is refused by the rule about the name it leads to, for requests and for tunnels', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect, record: recordOf } = await startBySystem({ lines: ['# a list', 'block .tracker.test'] })
    const client = await connect()
    await client.write(get(`http://metrics.site.test:${origin.port}/`))
    const response = await client.readResponse()
    expect(response.status).toBe(403)
    expect(response.fields['proxy-status']).toBe(
      'veilgate; error=http_request_denied; details="t.rules:2 via CNAME x.tracker.test"',
    )
    expect(response.body.toString()).toContain('<dt>Alias of</dt><dd>x.tracker.test</dd>')
    await client.write(tunnel(`metrics.site.test:${origin.port}`))
    expect((await client.readResponse()).status).toBe(403)
    expect((await recordOf(1)).decision).toEqual({
      action: 'block',
      reason: 'rule',
      level: 'block',
      rule: { list: 't.rules', line: 2, text: 'block .tracker.test' },
      cname: 'x.tracker.test',
    })
    expect(origin.peers.length).toBe(0)
  })

  test('passes where a rule allows the name that was asked for', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect } = await startBySystem({ lines: ['block .tracker.test', 'allow metrics.site.test'] })
    const client = await connect()
    await client.write(get(`http://metrics.site.test:${origin.port}/`))
    expect((await client.readResponse()).status).toBe(200)
  })

  test('is refused under DNS over HTTPS as well', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const cloaked = { cnames: ['cdn.test', 'x.tracker.test'], addresses: ['127.0.0.1'] }
    const { connect } = await startByHttps(() => cloaked, {}, { lines: ['block x.tracker.test'] })
    const client = await connect()
    await client.write(tunnel(`metrics.site.test:${origin.port}`))
    const response = await client.readResponse()
    expect([response.status, response.fields['proxy-status']]).toEqual([
      403,
      'veilgate; error=http_request_denied; details="t.rules:1 via CNAME x.tracker.test"',
    ])
  })

  test('is refused on every request although a connection is kept for other paths', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const url = `http://metrics.site.test:${origin.port}`
    const { connect } = await startBySystem({ lines: ['block .tracker.test', `allow ${url}/ok/**`] })
    const client = await connect()
    for (const [path, status] of [
      ['/ok/a', 200],
      ['/other', 403],
      ['/ok/b', 200],
    ] as const) {
      await client.write(get(`${url}${path}`))
      expect([path, (await client.readResponse()).status]).toEqual([path, status])
    }
    // the refused request did not cost the connection
    expect(origin.peers.length).toBe(1)
  })

  test('in report mode every request is told, on kept connections too', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect, record: recordOf } = await startBySystem({
      lines: ['block .tracker.test'],
      rules: { report: true },
    })
    const client = await connect()
    for (const index of [0, 1]) {
      await client.write(get(`http://metrics.site.test:${origin.port}/`))
      expect((await client.readResponse()).status).toBe(200)
      expect(await recordOf(index)).toMatchObject({ wouldBlock: true, decision: { cname: 'x.tracker.test' } })
    }
    expect(origin.peers.length).toBe(1)
  })
})

describe('DNS over HTTPS', () => {
  test('resolves what is asked for, and the name servers hear nothing', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect, service, recorder } = await startByHttps(() => ({ addresses: ['127.0.0.1'] }))
    const client = await connect()
    for (const name of ['a.test', 'b.test', 'a.test']) {
      await client.write(get(`http://${name}:${origin.port}/`))
      expect((await client.readResponse()).status).toBe(200)
    }
    expect(service.queries.map(({ question }) => question).sort()).toEqual([
      'A a.test',
      'A b.test',
      'AAAA a.test',
      'AAAA b.test',
    ])
    expect([service.connections.made, recorder.questions]).toEqual([1, []])
  })

  test('its answers pass the guard like any', async () => {
    const { connect } = await startByHttps(() => ({ addresses: ['10.0.0.1'] }))
    const client = await connect()
    await client.write(get('http://a.test/'))
    expect((await client.readResponse()).fields['proxy-status']).toContain('destination_ip_prohibited')
  })

  test('a login page instead of an answer is 502 with the reason, and nobody else is asked', async () => {
    const page = { type: 'text/html', body: Buffer.from('<html>') }
    const { connect, recorder, messages } = await startByHttps(() => page)
    const client = await connect()
    await client.write(get('http://plain.test/'))
    const response = await client.readResponse()
    expect([response.status, response.fields['proxy-status']]).toEqual([
      502,
      'veilgate; error=dns_error; details="DNS over HTTPS: an answer of type text/html instead of application/dns-message"',
    ])
    expect(recorder.questions).toEqual([])
    expect(messages.join()).toContain('names are not resolved meanwhile')
  })

  test('a silent service is 504, and nobody else is asked', async () => {
    const { connect, recorder } = await startByHttps(() => ({ never: true }), { timeoutMs: 200 })
    const client = await connect()
    await client.write(get('http://plain.test/'))
    expect((await client.readResponse()).status).toBe(504)
    expect(recorder.questions).toEqual([])
  })

  test('a thousand names at once leave nothing behind when the proxy closes', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect, proxy, service } = await startByHttps(() => ({ addresses: ['127.0.0.1'] }))
    const clients = await Promise.all(Array.from({ length: 50 }, () => connect()))
    await Promise.all(
      clients.map(async (client, i) => {
        for (let k = 0; k < 20; k++) {
          await client.write(get(`http://n${i}-${k}.test:${origin.port}/`))
          expect((await client.readResponse()).status).toBe(200)
        }
      }),
    )
    expect(service.connections.made).toBe(1)
    await proxy.close({ drainMs: 0 })
    await expect.poll(() => service.connections.open).toBe(0)
  })

  test('a reload moves to another service and lets go of the old one', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect, proxy, service, recorder } = await startByHttps(() => ({ addresses: ['127.0.0.1'] }))
    const client = await connect()
    await client.write(get(`http://a.test:${origin.port}/`))
    expect((await client.readResponse()).status).toBe(200)
    await proxy.reload({
      listen: ['http://127.0.0.1:0'],
      limits: { connectTimeoutMs: 5_000 },
      egress: {
        guard: { allow: ['127.0.0.0/8'] },
        httpPorts: [[1, 65_535]],
        dns: { servers: [recorder.address] },
      },
    })
    await client.write(get(`http://plain.test:${origin.port}/`))
    expect((await client.readResponse()).status).toBe(200)
    expect(recorder.questions).toContain('A plain.test')
    expect(service.queries).toHaveLength(2)
  })
})

test('in the mode upstream no name is looked up, an address still passes', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const recorder = await record()
  const { connect } = await startTestProxy({ egress: { dns: { mode: 'upstream', servers: [recorder.address] } } })
  const client = await connect()
  for (const host of ['plain.test', 'localhost']) {
    await client.write(get(`http://${host}:${origin.port}/`))
    const response = await client.readResponse()
    expect([response.status, response.fields['proxy-status']]).toEqual([
      502,
      'veilgate; error=dns_error; details="names are left to upstreams (egress.dns.mode: upstream)"',
    ])
  }
  await client.write(get(`http://127.0.0.1:${origin.port}/`))
  expect((await client.readResponse()).status).toBe(200)
  expect(recorder.questions).toEqual([])
})

describe('egress addresses', () => {
  test('are what a service over HTTPS sees too, and without one of its family it sees nothing', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect, service, proxy, recorder } = await startByHttps(
      () => ({ addresses: ['127.0.0.1'] }),
      {},
      {
        egress: { addresses: ['127.0.0.42'] },
      },
    )
    const ask = async () => {
      const client = await connect()
      await client.write(get(`http://a.test:${origin.port}/`))
      return (await client.readResponse()).status
    }
    expect(await ask()).toBe(200)
    expect([...new Set(service.queries.map(({ from }) => from))]).toEqual(['127.0.0.42'])
    await proxy.reload({
      listen: ['http://127.0.0.1:0'],
      egress: {
        addresses: ['::1'],
        guard: { allow: ['127.0.0.0/8'] },
        httpPorts: [[1, 65_535]],
        dns: {
          mode: 'doh',
          doh: { url: service.url, bootstrap: ['127.0.0.1'], ca: certificate.file },
          servers: [recorder.address],
        },
      },
    })
    expect(await ask()).toBe(502)
    expect([service.connections.made, recorder.questions]).toEqual([1, []])
  })

  test('are what the origin sees, in turn, and what the log tells', async () => {
    const origin = await startRawOrigin(answering(ok('x', 'Connection: close\r\n')))
    const { connect, record: recordOf } = await startTestProxy({ egress: { addresses: ['127.0.0.40/31'] } })
    const seen: unknown[] = []
    for (const index of [0, 1, 2]) {
      const client = await connect()
      await client.write(get(`http://127.0.0.1:${origin.port}/`))
      expect((await client.readResponse()).status).toBe(200)
      seen.push((await recordOf(index)).egress?.ip)
    }
    expect(seen).toEqual(['127.0.0.40', '127.0.0.41', '127.0.0.40'])
    const client = await connect()
    await client.write(tunnel(`127.0.0.1:${origin.port}`))
    expect((await client.readHead()).status).toBe(200)
    client.reset()
    expect((await recordOf(3)).egress?.ip).toBe('127.0.0.41')
  })

  test('one that cannot be used is 500 with its name, and no other is taken', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect } = await startTestProxy({ egress: { addresses: ['192.0.2.77'] } })
    const client = await connect()
    for (const request of [get(`http://127.0.0.1:${origin.port}/`), tunnel(`127.0.0.1:${origin.port}`)]) {
      await client.write(request)
      const response = await client.readResponse()
      expect([response.status, response.fields['proxy-status']]).toEqual([
        500,
        'veilgate; error=proxy_configuration_error; details="192.0.2.77 (EADDRNOTAVAIL)"',
      ])
    }
    expect(origin.peers.length).toBe(0)
  })

  test('a target among them is this machine itself', async () => {
    const { connect } = await startTestProxy({ egress: { addresses: ['8.8.8.0/24'] } })
    const client = await connect()
    await client.write(get('http://8.8.8.8/'))
    const response = await client.readResponse()
    expect(response.fields['proxy-status']).toBe('veilgate; error=destination_ip_prohibited; details="self"')
  })
})
