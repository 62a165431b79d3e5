import { afterEach, describe, expect, test } from 'vitest'
import { createNameServers } from '../../../../src/upstream/dns/name-servers.js'
import type { DnsReply, DnsTransport } from '../../../../src/upstream/dns/transport.js'
import { type DnsServer, type DnsZone, startDnsServer } from '../../../helpers/dns-server.js'
import { eventually } from '../../../helpers/raw-peer.js'

const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function serve(zone: DnsZone): Promise<DnsServer> {
  const server = await startDnsServer(zone)
  closing.push(() => server.close())
  return server
}

function asking(servers: readonly DnsServer[], timeoutMs = 15_000): DnsTransport {
  const transport = createNameServers({ servers: servers.map(({ address }) => address), timeoutMs, now: () => 0 })
  closing.push(() => transport.close())
  return transport
}

function ask(transport: DnsTransport, host = 'a.test', type: 'A' | 'AAAA' = 'A'): Promise<DnsReply> {
  return new Promise((resolve) => transport.query(host, type, resolve))
}

const GOOD: DnsZone = { 'a.test': { A: { addresses: ['192.0.2.1'], cname: 'edge.test' } } }

describe('name servers', () => {
  test('the first is asked, and what it says of aliases is told', async () => {
    const [first, second] = [await serve(GOOD), await serve(GOOD)]
    expect(await ask(asking([first, second]))).toMatchObject({ addresses: ['192.0.2.1'], cnames: ['edge.test'] })
    expect([first.questions, second.questions]).toEqual([['A a.test'], []])
  })

  test.each(['SERVFAIL', 'REFUSED', 'NOTIMP'] as const)('after %s the next is asked at once', async (rcode) => {
    const bad = await serve({ 'a.test': { A: { rcode } } })
    expect((await ask(asking([bad, await serve(GOOD)]))).addresses).toEqual(['192.0.2.1'])
    expect((await ask(asking([bad]))).failure).toBe(rcode)
    expect(bad.questions).toHaveLength(2)
  })

  test.each(['NXDOMAIN', 'FORMERR'] as const)('%s is an answer', async (rcode) => {
    const good = await serve(GOOD)
    expect((await ask(asking([await serve({ 'a.test': { A: { rcode } } }), good]))).failure).toBe(rcode)
    expect(good.questions).toEqual([])
  })

  test('where nobody listens the next is asked at once', async () => {
    const gone = await startDnsServer({})
    await gone.close()
    expect((await ask(asking([gone, await serve(GOOD)]))).addresses).toEqual(['192.0.2.1'])
    expect((await ask(asking([gone]))).failure).toBe('SERVFAIL')
  })

  test('a question that was lost is asked again, the next server first', async () => {
    const silent = await serve({
      'a.test': { A: (asked) => (asked < 2 ? { never: true } : { addresses: ['192.0.2.1'] }) },
    })
    const also = await serve({ 'a.test': { A: { never: true } } })
    expect((await ask(asking([silent, also], 1_000))).addresses).toEqual(['192.0.2.1'])
    expect([silent.questions.length, also.questions.length]).toEqual([3, 2])
  })

  test('a late answer to an earlier attempt counts', async () => {
    const slow = await serve({ 'a.test': { A: { addresses: ['192.0.2.1'], delayMs: 500 } } })
    expect((await ask(asking([slow, await serve({ 'a.test': { A: { never: true } } })], 1_000))).addresses).toEqual([
      '192.0.2.1',
    ])
  })

  test('three rounds of silence are a time-out', async () => {
    const silent = await serve({ 'a.test': { A: { never: true } } })
    expect((await ask(asking([silent], 1))).failure).toBe('TIMEOUT')
    expect(silent.questions).toHaveLength(3)
  })

  test('an answer that was cut short is asked for over TCP', async () => {
    const many = Array.from({ length: 100 }, (_, i) => `192.0.2.${i}`)
    const server = await serve({ 'a.test': { A: { addresses: many } } })
    expect((await ask(asking([server]))).addresses).toEqual(many)
    expect(server.overTcp).toEqual(['A a.test'])
  })

  test('cancelled and closed, nothing is told twice and nothing stays open', async () => {
    const before = openHandles()
    const server = await startDnsServer({ 'a.test': { A: { never: true } } })
    const transport = asking([server])
    const cancel = transport.query('a.test', 'A', () => expect.unreachable())
    const replies = [ask(transport), ask(transport)]
    await expect.poll(() => server.questions.length).toBe(3)
    cancel()
    transport.close()
    transport.close()
    expect((await Promise.all(replies)).map(({ failure }) => failure)).toEqual(['SERVFAIL', 'SERVFAIL'])
    await server.close()
    // `expect.poll` would hold a timer of its own
    await eventually(() => openHandles() <= before)
  })
})

test('the servers of the system are taken where none are named', () => {
  expect(() => createNameServers({ servers: [], timeoutMs: 1_000, now: () => 0 }).close()).not.toThrow()
})

function openHandles(): number {
  return process.getActiveResourcesInfo().filter((kind) => /^(?:Timeout|UDP|TCP)/.test(kind)).length
}
