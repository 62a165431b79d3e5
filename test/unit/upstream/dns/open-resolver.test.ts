import { afterEach, describe, expect, test } from 'vitest'
import { DEFAULT_CONFIG } from '../../../../src/config/config.js'
import { createCounts } from '../../../../src/counts.js'
import { openResolver } from '../../../../src/upstream/dns/open-resolver.js'
import type { HostResolver } from '../../../../src/upstream/resolver.js'
import { type DnsServer, startDnsServer } from '../../../helpers/dns-server.js'
import { type DohScript, startDohServer } from '../../../helpers/doh-server.js'
import { makeCertificate } from '../../../helpers/tls-certificate.js'

const certificate = makeCertificate()
const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type Settings = Partial<typeof DEFAULT_CONFIG.egress.dns>

/** A resolver beside a recording name server, which is the system's. */
async function setUp(settings: (url: string) => Settings, script: DohScript = {}) {
  const recorder: DnsServer = await startDnsServer({ 'a.test': { A: { addresses: ['198.51.100.1'] } } })
  const service = await startDohServer({
    certificate,
    answer: ({ question }) => (question.startsWith('AAAA') ? {} : script),
  })
  const clock = { ms: 0 }
  const resolver = openResolver({
    dns: { ...DEFAULT_CONFIG.egress.dns, servers: [recorder.address], ...settings(service.url) },
    egressAddresses: [],
    ca: certificate.cert,
    now: () => clock.ms,
    report() {},
    counts: createCounts(),
    maxQueries: 256,
    hostsPath: '/nonexistent',
  })
  closing.push(
    () => recorder.close(),
    () => resolver.close(),
  )
  return { recorder, service, resolver, clock }
}

function lookup(resolver: HostResolver, host: string): Promise<string> {
  return new Promise((resolve) =>
    resolver.lookup(host, (error, addresses) =>
      resolve(error === null ? addresses.join() : `${error.code} ${error.detail}`),
    ),
  )
}

const doh = (url: string): Settings => ({ mode: 'doh', doh: { url, bootstrap: ['127.0.0.1'], ca: undefined } })

describe('the mode', () => {
  test('system asks the name servers', async () => {
    const { resolver, recorder, service } = await setUp(() => ({ mode: 'system' }))
    expect(await lookup(resolver, 'a.test')).toBe('198.51.100.1')
    expect([...recorder.questions].sort()).toEqual(['A a.test', 'AAAA a.test'])
    expect(service.connections.made).toBe(0)
  })

  test('doh asks the service alone, once for all who ask for a name, and as long as the TTL holds', async () => {
    const { resolver, recorder, service, clock } = await setUp(doh, { addresses: ['192.0.2.1'], ttl: 30 })
    const all = await Promise.all(Array.from({ length: 50 }, () => lookup(resolver, 'a.test')))
    expect(new Set(all)).toEqual(new Set(['192.0.2.1']))
    clock.ms = 29_999
    await lookup(resolver, 'a.test')
    expect(service.queries.map(({ question }) => question).sort()).toEqual(['A a.test', 'AAAA a.test'])
    clock.ms = 30_000
    await lookup(resolver, 'a.test')
    expect(service.queries).toHaveLength(4)
    expect(recorder.questions).toEqual([])
  })

  test.each<DohScript>([{ status: 500 }, { type: 'text/html' }, { body: Buffer.alloc(3) }, { reset: 'connection' }])(
    'doh falls back on nobody when it fails: %j',
    async (script) => {
      const { resolver, recorder, service } = await setUp(doh, script)
      expect(await lookup(resolver, 'a.test')).toMatch(/^VG_DNS_ERROR DNS over HTTPS: /)
      await service.close()
      expect(await lookup(resolver, 'b.test')).toMatch(/^VG_DNS_ERROR DNS over HTTPS: /)
      expect(recorder.questions).toEqual([])
    },
  )

  test('doh times out where the service is silent, and falls back on nobody', async () => {
    const { resolver, recorder } = await setUp((url) => ({ ...doh(url), timeoutMs: 100 }), { never: true })
    expect(await lookup(resolver, 'a.test')).toBe('VG_DNS_TIMEOUT undefined')
    expect(recorder.questions).toEqual([])
  })

  test('doh falls back on the name servers where that is written', async () => {
    const { resolver, recorder } = await setUp((url) => ({ ...doh(url), fallback: 'system' }), { status: 500 })
    expect(await lookup(resolver, 'a.test')).toBe('198.51.100.1')
    expect(recorder.questions).toContain('A a.test')
  })

  test('upstream asks nobody', async () => {
    const { resolver, recorder, service } = await setUp(() => ({ mode: 'upstream' }))
    expect(await lookup(resolver, 'a.test')).toMatch(/^VG_DNS_ERROR names are left to upstreams/)
    expect([recorder.questions.length, service.connections.made]).toEqual([0, 0])
  })
})
