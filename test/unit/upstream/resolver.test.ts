import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type Counts, createCounts } from '../../../src/counts.js'
import type { HostResolver } from '../../../src/upstream/resolver.js'
import { askingServer } from '../../helpers/asking-server.js'
import { type DnsServer, type DnsZone, startDnsServer } from '../../helpers/dns-server.js'

const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type Setup = {
  readonly resolver: HostResolver
  readonly dns: DnsServer
  readonly clock: { ms: number }
  readonly counts: Counts
}

async function setUp(zone: DnsZone, { hosts = '', timeoutMs = 15_000 } = {}): Promise<Setup> {
  const dns = await startDnsServer(zone)
  const folder = mkdtempSync(join(tmpdir(), 'veilgate-resolver-'))
  const hostsPath = join(folder, 'hosts')
  writeFileSync(hostsPath, hosts)
  const clock = { ms: 0 }
  const counts = createCounts()
  const resolver = askingServer(dns.address, { timeoutMs, now: () => clock.ms, hostsPath, counts })
  closing.push(
    () => rmSync(folder, { recursive: true }),
    () => dns.close(),
    () => resolver.close(),
  )
  return { resolver, dns, clock, counts }
}

/** Addresses, or the code and detail of the error. */
type Outcome = readonly string[] | string

function lookup(resolver: HostResolver, host: string): Promise<Outcome> {
  return new Promise((resolve) => resolver.lookup(host, (error, addresses) => resolve(toOutcome(error, addresses))))
}

/** The outcome where it is known before `lookup` returns. */
function lookupNow(resolver: HostResolver, host: string): Outcome | undefined {
  let outcome: Outcome | undefined
  const cancel = resolver.lookup(host, (error, addresses) => {
    outcome = toOutcome(error, addresses)
  })
  cancel()
  return outcome
}

function toOutcome(error: { code: string; detail: string | undefined } | null, addresses: readonly string[]): Outcome {
  return error === null ? addresses : `${error.code} ${error.detail ?? ''}`.trim()
}

describe('resolver', () => {
  test('names in /etc/hosts win and are answered at once', async () => {
    const zone = { 'a.test': { A: { addresses: ['192.0.2.1'] } } }
    const { resolver, dns } = await setUp(zone, { hosts: '10.0.0.1 A.test x.invalid box.localhost' })
    expect(lookupNow(resolver, 'a.test')).toEqual(['10.0.0.1'])
    expect(lookupNow(resolver, 'x.invalid')).toEqual(['10.0.0.1'])
    expect(lookupNow(resolver, 'box.localhost')).toEqual(['10.0.0.1'])
    expect(dns.questions).toEqual([])
  })

  test.each([
    ['localhost', ['::1', '127.0.0.1']],
    ['a.b.localhost', ['::1', '127.0.0.1']],
    ['onion', 'VG_DNS_ERROR NXDOMAIN'],
    ['expyuzz4wqqyqhjn.onion', 'VG_DNS_ERROR NXDOMAIN'],
    ['a.invalid', 'VG_DNS_ERROR NXDOMAIN'],
  ])('%s is never asked for', async (host, expected) => {
    const { resolver, dns } = await setUp({})
    expect(lookupNow(resolver, host)).toEqual(expected)
    expect(dns.questions).toEqual([])
  })

  test('queries are counted with their time, failures by their RCODE, and what is known is not', async () => {
    const { resolver, counts } = await setUp({ 'a.test': { A: { addresses: ['192.0.2.1'], ttl: 60 } } })
    await lookup(resolver, 'a.test')
    await lookup(resolver, 'a.test')
    await lookup(resolver, 'missing.test')
    expect(counts.dnsMs.buckets.reduce((sum, count) => sum + count)).toBe(2)
    expect([...counts.dnsErrors]).toEqual([['NXDOMAIN', 1]])
  })

  test('names that only end alike are asked for', async () => {
    const { resolver, dns } = await setUp({})
    for (const host of ['notlocalhost', 'notonion', 'a.notinvalid']) {
      expect(await lookup(resolver, host)).toBe('VG_DNS_ERROR NXDOMAIN')
    }
    expect(dns.questions).toHaveLength(6)
  })

  test('an answer holds for its TTL, at least five seconds and at most an hour', async () => {
    const counted = (ttl: number) => (asked: number) => ({ addresses: [`192.0.2.${asked}`], ttl })
    const zone = {
      'short.test': { A: counted(0) },
      'usual.test': { A: counted(30) },
      'long.test': { A: counted(86_400) },
    }
    const { resolver, clock } = await setUp(zone)
    for (const [host, holdsMs] of [
      ['short.test', 5_000],
      ['usual.test', 30_000],
      ['long.test', 3_600_000],
    ] as const) {
      clock.ms = 0
      expect(await lookup(resolver, host)).toEqual(['192.0.2.0'])
      clock.ms = holdsMs - 1
      expect(lookupNow(resolver, host)).toEqual(['192.0.2.0'])
      clock.ms = holdsMs
      expect(lookupNow(resolver, host)).toBeUndefined()
      expect(await lookup(resolver, host)).toEqual(['192.0.2.1'])
    }
  })

  test.each([
    ['NXDOMAIN', 'VG_DNS_ERROR NXDOMAIN'],
    ['SERVFAIL', 'VG_DNS_ERROR SERVFAIL'],
  ] as const)('%s holds for five seconds', async (rcode, expected) => {
    const script = (asked: number) => (asked === 0 ? { rcode } : { addresses: ['192.0.2.1'] })
    const { resolver, clock } = await setUp({ 'a.test': { A: script, AAAA: { rcode } } })
    expect(await lookup(resolver, 'a.test')).toBe(expected)
    clock.ms = 4_999
    expect(lookupNow(resolver, 'a.test')).toBe(expected)
    clock.ms = 5_000
    expect(await lookup(resolver, 'a.test')).toEqual(['192.0.2.1'])
  })

  test('an answer without an address is NODATA', async () => {
    const { resolver } = await setUp({ 'a.test': {} })
    expect(await lookup(resolver, 'a.test')).toBe('VG_DNS_ERROR NODATA')
  })

  test('a time-out is not remembered', async () => {
    const script = (asked: number) => (asked === 0 ? { never: true } : { addresses: ['192.0.2.1'] })
    const { resolver } = await setUp({ 'a.test': { A: script, AAAA: {} } }, { timeoutMs: 200 })
    expect(await lookup(resolver, 'a.test')).toBe('VG_DNS_TIMEOUT')
    expect(await lookup(resolver, 'a.test')).toEqual(['192.0.2.1'])
  })

  test('lookups of one name share its queries', async () => {
    const { resolver, dns } = await setUp({ 'a.test': { A: { addresses: ['192.0.2.1'], delayMs: 30 } } })
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => lookup(resolver, 'a.test')))
    expect(outcomes).toEqual(Array.from({ length: 50 }, () => ['192.0.2.1']))
    expect([...dns.questions].sort()).toEqual(['A a.test', 'AAAA a.test'])
  })

  test('an early answer serves those who come while AAAA lags; the whole one is what is kept', async () => {
    const zone = { 'a.test': { A: { addresses: ['192.0.2.1'] }, AAAA: { addresses: ['2001:db8::1'], delayMs: 400 } } }
    const { resolver, dns } = await setUp(zone)
    const told: (readonly string[])[] = []
    resolver.lookup('a.test', (_error, addresses) => told.push(addresses))
    expect(await lookup(resolver, 'a.test')).toEqual(['192.0.2.1'])
    expect(lookupNow(resolver, 'a.test')).toEqual(['192.0.2.1'])
    await expect.poll(() => lookupNow(resolver, 'a.test')).toEqual(['2001:db8::1', '192.0.2.1'])
    expect(told).toEqual([['192.0.2.1']])
    expect(dns.questions).toHaveLength(2)
  })

  test('a cancelled lookup is not told, the others are', async () => {
    const { resolver } = await setUp({ 'a.test': { A: { addresses: ['192.0.2.1'] } } })
    const told: string[] = []
    const cancel = resolver.lookup('a.test', () => told.push('first'))
    const cancelFromInside: (() => void)[] = []
    const second = new Promise<void>((resolve) => {
      resolver.lookup('a.test', () => {
        told.push('second')
        cancelFromInside.forEach((cancelThird) => {
          cancelThird()
        })
        resolve()
      })
    })
    cancelFromInside.push(resolver.lookup('a.test', () => told.push('third')))
    cancel()
    await second
    expect(await lookup(resolver, 'a.test')).toEqual(['192.0.2.1'])
    expect(told).toEqual(['second'])
  })

  test('asks at most 256 names at a time and the rest in turn', async () => {
    let release = () => {}
    const after = new Promise<void>((resolve) => {
      release = resolve
    })
    const names = Array.from({ length: 300 }, (_, i) => `n${i}.test`)
    const zone = Object.fromEntries(names.map((name) => [name, { A: { addresses: ['192.0.2.1'], after } }]))
    const { resolver, dns } = await setUp(zone)
    const namesAsked = () => new Set(dns.questions.map((question) => question.split(' ')[1])).size
    const outcomes: Promise<Outcome>[] = []
    // in small bursts, which the buffer of a UDP socket holds
    for (let i = 0; i < 300; i += 30) {
      outcomes.push(...names.slice(i, i + 30).map((name) => lookup(resolver, name)))
      await expect.poll(namesAsked).toBe(Math.min(i + 30, 256))
    }
    const gone = resolver.lookup('cancelled.test', () => {})
    gone()
    release()
    expect(new Set((await Promise.all(outcomes)).flat())).toEqual(new Set(['192.0.2.1']))
    expect(namesAsked()).toBe(300)
    expect(dns.questions).not.toContain('A cancelled.test')
  })

  test('who waits too long for a turn times out', async () => {
    const names = Array.from({ length: 260 }, (_, i) => `n${i}.test`)
    const never = { never: true }
    const { resolver } = await setUp(Object.fromEntries(names.map((name) => [name, { A: never, AAAA: never }])), {
      timeoutMs: 300,
    })
    const outcomes = await Promise.all(names.map((name) => lookup(resolver, name)))
    expect(new Set(outcomes)).toEqual(new Set(['VG_DNS_TIMEOUT']))
  })

  test('forgets the oldest beyond 10,000 names, a renewed one counting as young', async () => {
    const { resolver, dns, clock } = await setUp({})
    async function lookupRange(from: number, to: number): Promise<void> {
      for (let i = from; i < to; i += 40) {
        await Promise.all(Array.from({ length: Math.min(40, to - i) }, (_, k) => lookup(resolver, `n${i + k}.test`)))
      }
    }
    await lookupRange(0, 2)
    clock.ms = 5_000
    await lookup(resolver, 'n0.test')
    await lookupRange(2, 10_001)
    expect(lookupNow(resolver, 'n0.test')).toBe('VG_DNS_ERROR NXDOMAIN')
    expect(lookupNow(resolver, 'n10000.test')).toBe('VG_DNS_ERROR NXDOMAIN')

    await lookupRange(10_001, 10_002)
    const askedBefore = dns.questions.length
    expect(lookupNow(resolver, 'n2.test')).toBe('VG_DNS_ERROR NXDOMAIN')
    expect(await lookup(resolver, 'n0.test')).toBe('VG_DNS_ERROR NXDOMAIN')
    expect(dns.questions.length).toBe(askedBefore + 2)
  })

  test('closing fails what is under way and what needs a query, and leaves no timer', async () => {
    const names = Array.from({ length: 260 }, (_, i) => `n${i}.test`)
    const never = { never: true }
    const { resolver } = await setUp(Object.fromEntries(names.map((name) => [name, { A: never, AAAA: never }])))
    const timersBefore = countTimers()
    const outcomes = names.map((name) => lookup(resolver, name))
    resolver.close()
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['VG_DNS_ERROR SERVFAIL']))
    expect(lookupNow(resolver, 'later.test')).toBe('VG_DNS_ERROR SERVFAIL')
    expect(countTimers()).toBe(timersBefore)
  })
})

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
}
