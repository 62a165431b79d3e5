import { type Answer, decode, TRUNCATED_RESPONSE } from 'dns-packet'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeQuery, MAX_MESSAGE_OCTETS, readReply } from '../../../../src/upstream/dns/message.js'
import { type ReplyParts, replyTo } from '../../../helpers/dns-reply.js'

const QUESTION = { id: 7, host: 'www.a.test', type: 'A' } as const
const QUERY = encodeQuery(QUESTION, false)

function read(parts: ReplyParts) {
  return readReply(replyTo(QUERY, parts), QUESTION)
}

function record(name: string, data: string, parts: object = {}): Answer {
  return { type: 'A', name, ttl: 60, data, ...parts }
}

describe('a query', () => {
  test('asks one question with recursion desired and says no more', () => {
    expect(QUERY.length).toBe(12 + 'www.a.test'.length + 2 + 4)
    expect(decode(QUERY)).toMatchObject({
      id: 7,
      flag_rd: true,
      questions: [{ name: 'www.a.test', type: 'A', class: 'IN' }],
      additionals: [],
    })
  })

  test('padded it is a multiple of 128 octets whatever the name, and never more than it must be (RFC 8467)', () => {
    const label = fc.string({ unit: fc.constantFrom('a', 'b', '-', '1'), minLength: 1, maxLength: 63 })
    const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.').slice(0, 253))
    fc.assert(
      fc.property(host, fc.constantFrom('A', 'AAAA'), (name, type) => {
        const question = { id: 0, host: name, type }
        const bare = encodeQuery(question, false).length
        const padded = encodeQuery(question, true)
        // the OPT record is 11 octets, the option 4 and what it pads
        expect(padded.length).toBe(Math.ceil((bare + 15) / 128) * 128)
        expect(decode(padded).questions).toEqual(decode(encodeQuery(question, false)).questions)
      }),
    )
  })
})

describe('a reply', () => {
  test('gives addresses once each, the smallest TTL and the chain of aliases', () => {
    const parts = { cnames: ['A.cdn.test', 'b.cdn.test'], addresses: ['192.0.2.1', '192.0.2.2', '192.0.2.1'], ttl: 30 }
    expect(read(parts)).toEqual({
      addresses: ['192.0.2.1', '192.0.2.2'],
      cnames: ['a.cdn.test', 'b.cdn.test'],
      ttlSeconds: 30,
      failure: '',
      isTruncated: false,
    })
  })

  test('a TTL of any link counts, and one beyond 31 bits is none (RFC 2181 §8)', () => {
    const chain: Answer = { type: 'CNAME', name: 'www.a.test', ttl: 5, data: 'b.test' }
    expect(read({ answers: [chain, record('b.test', '192.0.2.1')] })?.ttlSeconds).toBe(5)
    expect(read({ addresses: ['192.0.2.1'], ttl: 0x8000_0000 })?.ttlSeconds).toBe(0)
  })

  test('is followed whatever the order of its records and the case of its names', () => {
    const answers: Answer[] = [
      record('C.test', '192.0.2.1'),
      { type: 'CNAME', name: 'B.test', ttl: 60, data: 'c.test' },
      { type: 'CNAME', name: 'www.A.test', ttl: 60, data: 'b.TEST' },
    ]
    expect(read({ answers })).toMatchObject({ addresses: ['192.0.2.1'], cnames: ['b.test', 'c.test'] })
  })

  test('addresses of other names, classes and types are not taken', () => {
    const answers: Answer[] = [
      record('other.test', '192.0.2.9'),
      record('www.a.test', '192.0.2.8', { class: 'CH' }),
      { type: 'AAAA', name: 'www.a.test', ttl: 60, data: '2001:db8::1' },
    ]
    expect(read({ answers })).toMatchObject({ addresses: [], failure: 'NODATA' })
  })

  test('an alias that no host can have, or that is an address, is none a rule could name', () => {
    const parts = { cnames: ['a b.test', '192.0.2.7', 'ok.test'], addresses: ['192.0.2.1'] }
    expect(read(parts)).toMatchObject({ addresses: ['192.0.2.1'], cnames: ['ok.test'] })
  })

  test('a circle and a chain of more than sixteen aliases fail', () => {
    const names = Array.from({ length: 17 }, (_, i) => `n${i}.test`)
    expect(read({ cnames: names.slice(1), addresses: ['192.0.2.1'] })?.failure).toBe('')
    expect(read({ cnames: names, addresses: ['192.0.2.1'] })?.failure).toBe('SERVFAIL')
    expect(read({ cnames: ['b.test', 'www.a.test'] })?.failure).toBe('SERVFAIL')
  })

  test.each([
    [{ rcode: 3, soa: [300, 60] }, 'NXDOMAIN', 60],
    [{ rcode: 3, soa: [30, 60] }, 'NXDOMAIN', 30],
    [{ rcode: 3 }, 'NXDOMAIN', 0],
    [{ soa: [300, 60] }, 'NODATA', 60],
    [{ cnames: ['b.test'], rcode: 3, soa: [10, 10] }, 'NXDOMAIN', 10],
    [{ rcode: 1 }, 'FORMERR', 0],
    [{ rcode: 2, soa: [300, 60] }, 'SERVFAIL', 0],
    [{ rcode: 5 }, 'REFUSED', 0],
    [{ rcode: 15 }, 'SERVFAIL', 0],
  ] as const)('%j is %s and holds for %i seconds (RFC 2308)', (parts, failure, ttlSeconds) => {
    expect(read(parts)).toMatchObject({ addresses: [], failure, ttlSeconds })
  })

  test('that was cut short says so', () => {
    expect(read({ flags: TRUNCATED_RESPONSE })?.isTruncated).toBe(true)
  })

  test.each<[string, ReplyParts]>([
    ['another id', { id: 8 }],
    ['another name', { question: { name: 'www.b.test' } }],
    ['another type', { question: { type: 'AAAA' } }],
    ['another class', { question: { class: 'CH' } }],
  ])('with %s answers nothing', (_, parts) => {
    expect(read({ addresses: ['192.0.2.1'], ...parts })).toBeUndefined()
  })

  test('a query is no answer to itself', () => {
    expect(readReply(QUERY, QUESTION)).toBeUndefined()
  })

  test('a message cut anywhere is no answer, and never another address', () => {
    const whole = replyTo(QUERY, { cnames: ['b.test'], addresses: ['192.0.2.1', '192.0.2.2'] })
    for (let end = 0; end < whole.length; end++) {
      expect([end, readReply(whole.subarray(0, end), QUESTION)]).toEqual([end, undefined])
    }
  })

  test('of more than 16 KiB is not read', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
    const message = replyTo(QUERY, { addresses: many })
    expect(message.length).toBeGreaterThan(MAX_MESSAGE_OCTETS)
    expect(readReply(message, QUESTION)).toBeUndefined()
    expect(read({ addresses: many.slice(0, 400) })?.addresses).toHaveLength(400)
  })

  test.each([
    ['questions', 4],
    ['answers', 6],
    ['authorities', 8],
    ['additionals', 10],
  ])('that counts more %s than it can hold is no answer', (_what, at) => {
    const message = replyTo(QUERY, { addresses: ['192.0.2.1'] })
    expect(readReply(message, QUESTION)).toBeDefined()
    message.writeUInt16BE(65_535, at)
    expect(readReply(message, QUESTION)).toBeUndefined()
  })

  test('no octets make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(80), (noise, at) => {
        const message = Buffer.from(replyTo(QUERY, { cnames: ['b.test'], addresses: ['192.0.2.1'], soa: [1, 1] }))
        message.set(noise.subarray(0, Math.max(0, message.length - at)), Math.min(at, message.length))
        const reply = readReply(message, QUESTION)
        for (const address of reply?.addresses ?? []) expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
      }),
    )
  })
})
