import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { afterEach, describe, expect, test } from 'vitest'
import { createNameServers } from '../../../src/upstream/dns/name-servers.js'
import { createDnsClient, type DnsAnswer } from '../../../src/upstream/dns-client.js'
import { type DnsServer, type DnsZone, startDnsServer } from '../../helpers/dns-server.js'

const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function serve(zone: DnsZone): Promise<DnsServer> {
  const server = await startDnsServer(zone)
  closing.push(() => server.close())
  return server
}

/** Every answer to one question, in order. */
async function ask(zone: DnsZone, host: string, budgetMs = 15_000): Promise<readonly DnsAnswer[]> {
  const server = await serve(zone)
  return askServer(server.address, host, budgetMs)
}

function askServer(address: string, host: string, budgetMs: number): Promise<readonly DnsAnswer[]> {
  const client = createDnsClient(createNameServers({ servers: [address], timeoutMs: 15_000, now: () => 0 }))
  closing.push(() => client.close())
  return new Promise((resolve) => {
    const answers: DnsAnswer[] = []
    client.ask(host, budgetMs, (answer) => {
      answers.push(answer)
      if (answer.isWhole) resolve(answers)
    })
  })
}

/** Says that 65,535 answers follow the question. */
function manyRecords(query: Buffer): Buffer {
  const reply = Buffer.from(query)
  reply.writeUInt16BE(0x8180, 2)
  reply.writeUInt16BE(65_535, 6)
  return reply
}

function octets(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `192.0.2.${i}`)
}

describe('DNS client', () => {
  test('answers both families at once, with the smallest TTL', async () => {
    const zone = {
      'a.test': { A: { addresses: ['192.0.2.1'], ttl: 300 }, AAAA: { addresses: ['2001:db8::1'], ttl: 60 } },
    }
    expect(await ask(zone, 'a.test')).toEqual([
      { addresses: ['2001:db8::1', '192.0.2.1'], cnames: [], ttlSeconds: 60, failure: '', isWhole: true },
    ])
  })

  test('one family is enough, and its TTL is what counts', async () => {
    const a = { addresses: ['192.0.2.1'], ttl: 7 }
    const aaaa = { addresses: ['2001:db8::1'], ttl: 8 }
    const only4 = { addresses: ['192.0.2.1'], cnames: [], ttlSeconds: 7, failure: '', isWhole: true }
    const only6 = { addresses: ['2001:db8::1'], cnames: [], ttlSeconds: 8, failure: '', isWhole: true }
    expect(await ask({ 'a.test': { A: a } }, 'a.test')).toEqual([only4])
    expect(await ask({ 'a.test': { AAAA: aaaa } }, 'a.test')).toEqual([only6])
    expect(await ask({ 'a.test': { A: a, AAAA: { rcode: 'SERVFAIL' } } }, 'a.test')).toEqual([only4])
    expect(await ask({ 'a.test': { A: a, AAAA: { rcode: 'NXDOMAIN' } } }, 'a.test')).toEqual([only4])
    expect(await ask({ 'a.test': { A: { rcode: 'REFUSED' }, AAAA: aaaa } }, 'a.test')).toEqual([only6])
  })

  test('answers with A alone while AAAA lags, and wholly once it is there', async () => {
    const zone = {
      'a.test': { A: { addresses: ['192.0.2.1'] }, AAAA: { addresses: ['2001:db8::1'], delayMs: 400 } },
    }
    const answers = await ask(zone, 'a.test')
    expect(answers.map(({ addresses, isWhole }) => ({ addresses, isWhole }))).toEqual([
      { addresses: ['192.0.2.1'], isWhole: false },
      { addresses: ['2001:db8::1', '192.0.2.1'], isWhole: true },
    ])
  })

  test('waits for A however early AAAA is', async () => {
    const zone = {
      'a.test': { A: { addresses: ['192.0.2.1'], delayMs: 200 }, AAAA: { addresses: ['2001:db8::1'] } },
    }
    expect((await ask(zone, 'a.test')).map((answer) => answer.addresses)).toEqual([['2001:db8::1', '192.0.2.1']])
  })

  test('follows an alias', async () => {
    const zone = {
      'a.test': { A: { cname: 'edge.test', addresses: ['192.0.2.9'], ttl: 30 }, AAAA: { cname: 'edge.test' } },
    }
    expect(await ask(zone, 'a.test')).toEqual([
      { addresses: ['192.0.2.9'], cnames: ['edge.test'], ttlSeconds: 30, failure: '', isWhole: true },
    ])
  })

  test.each([
    [{ rcode: 'NXDOMAIN' }, { rcode: 'NXDOMAIN' }, 'NXDOMAIN'],
    [{ rcode: 'SERVFAIL' }, { rcode: 'SERVFAIL' }, 'SERVFAIL'],
    [{ rcode: 'REFUSED' }, {}, 'REFUSED'],
    [{ rcode: 'FORMERR' }, {}, 'FORMERR'],
    [{ rcode: 'NOTIMP' }, {}, 'NOTIMP'],
    [{}, {}, 'NODATA'],
    [{}, { rcode: 'SERVFAIL' }, 'SERVFAIL'],
    [{ addresses: [] }, { addresses: [] }, 'NODATA'],
  ] as const)('A %j and AAAA %j fail as %s', async (a, aaaa, failure) => {
    expect(await ask({ 'a.test': { A: a, AAAA: aaaa } }, 'a.test')).toEqual([
      { addresses: [], cnames: [], ttlSeconds: 0, failure, isWhole: true },
    ])
  })

  test('no answer within the budget is a time-out, and half an answer is an answer', async () => {
    const never = { never: true }
    const silent = await ask({ 'a.test': { A: never, AAAA: never } }, 'a.test', 50)
    expect(silent).toEqual([{ addresses: [], cnames: [], ttlSeconds: 0, failure: 'TIMEOUT', isWhole: true }])
    const half = await ask({ 'a.test': { A: never, AAAA: { addresses: ['2001:db8::1'], ttl: 5 } } }, 'a.test', 200)
    expect(half).toEqual([{ addresses: ['2001:db8::1'], cnames: [], ttlSeconds: 5, failure: '', isWhole: true }])
  })

  test('says nothing more after the whole answer', async () => {
    const a = { addresses: ['192.0.2.1'] }
    const inTime = await ask({ 'a.test': { A: a, AAAA: { delayMs: 10 } } }, 'a.test')
    const late = { addresses: ['192.0.2.1'], delayMs: 150 }
    const tooLate = await ask({ 'a.test': { A: late, AAAA: { addresses: ['2001:db8::1'] } } }, 'a.test', 100)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect([inTime.length, tooLate.length]).toEqual([1, 1])
  })

  test('nobody at the address of the server is a failure, not a wait', async () => {
    const server = await startDnsServer({})
    await server.close()
    expect((await askServer(server.address, 'a.test', 15_000))[0]?.failure).toBe('SERVFAIL')
  })

  test('takes a truncated answer again over TCP and keeps 64 of 200 addresses', async () => {
    const server = await serve({ 'a.test': { A: { addresses: octets(200) } } })
    const [answer] = await askServer(server.address, 'a.test', 15_000)
    expect(answer?.addresses).toHaveLength(64)
    expect(server.overTcp).toEqual(['A a.test'])
  })

  test.each([
    [1_000, 64, ''],
    [4_000, 0, 'SERVFAIL'],
  ])('of an answer with %d addresses keeps %d: %s', async (count, kept, failure) => {
    const addresses = Array.from({ length: count }, (_, i) => `192.0.${i >> 8}.${i & 255}`)
    const server = await serve({ 'a.test': { A: { addresses } } })
    const [answer] = await askServer(server.address, 'a.test', 15_000)
    expect(answer).toMatchObject({ addresses: addresses.slice(0, kept), failure })
  })

  test.each([
    ['with noise', () => randomBytes(40)],
    ['with nothing', () => Buffer.alloc(0)],
    [
      'to another question',
      (query: Buffer) => Buffer.concat([Buffer.from([query[0] ?? 0, 1, 0x81, 0x80]), query.subarray(4)]),
    ],
    ['with a count of records that are not there', (query: Buffer) => manyRecords(query)],
  ])('a server that answers %s is none, within the budget', async (_what, reply) => {
    const server = createSocket('udp4')
    server.on('message', (query, from) => server.send(reply(query), from.port, from.address))
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
    closing.push(() => server.close())
    const [answer] = await askServer(`127.0.0.1:${server.address().port}`, 'a.test', 300)
    expect(answer?.addresses).toEqual([])
    expect(answer?.failure).toBeOneOf(['TIMEOUT', 'SERVFAIL'])
  })

  test('a long answer of one family does not push the other out', async () => {
    const six = Array.from({ length: 100 }, (_, i) => `2001:db8::${i + 1}`)
    const both = { 'a.test': { A: { addresses: octets(100) }, AAAA: { addresses: six } } }
    const answer = (await ask(both, 'a.test')).at(-1)
    expect(answer?.addresses.filter((ip) => ip.includes(':'))).toHaveLength(32)
    expect(answer?.addresses).toHaveLength(64)
    const [onlySix] = await ask({ 'a.test': { AAAA: { addresses: six } } }, 'a.test')
    expect(onlySix?.addresses).toHaveLength(64)
  })

  test('addresses come in canonical form, once each', async () => {
    const zone = {
      'a.test': { A: { addresses: ['10.0.0.1', '10.0.0.1'] }, AAAA: { addresses: ['::ffff:10.0.0.2', '::10.0.0.3'] } },
    }
    expect((await ask(zone, 'a.test')).at(-1)?.addresses).toEqual(['10.0.0.2', '::a00:3', '10.0.0.1'])
  })

  test('closing ends what is under way', async () => {
    const server = await serve({ 'a.test': { A: { never: true }, AAAA: { never: true } } })
    const client = createDnsClient(createNameServers({ servers: [server.address], timeoutMs: 15_000, now: () => 0 }))
    const answer = new Promise<DnsAnswer>((resolve) => client.ask('a.test', 15_000, resolve))
    client.close()
    expect((await answer).failure).toBe('SERVFAIL')
  })
})
