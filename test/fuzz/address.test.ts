// No way of writing a special-purpose IPv4 address, alone or inside an IPv6 address, gets past the guard.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { classifyAddress, embeddedIPv4 } from '../../src/http/address.js'
import { parseAuthority } from '../../src/http/authority.js'
import { createEgressGuard } from '../../src/policy/egress-guard.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

type Quad = readonly [number, number, number, number]

const octet = fc.integer({ min: 0, max: 255 })
const anyQuad: fc.Arbitrary<Quad> = fc.tuple(octet, octet, octet, octet)
const privateQuad: fc.Arbitrary<Quad> = fc.oneof(
  fc.tuple(fc.constantFrom(0, 10, 127), octet, octet, octet),
  fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
  fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
  fc.tuple(fc.integer({ min: 224, max: 255 }), octet, octet, octet),
  fc.constant([168, 63, 129, 16] as const),
)

function toInteger([a, b, c, d]: Quad): number {
  return ((a * 256 + b) * 256 + c) * 256 + d
}

/** A number as a URL parser accepts it: decimal, hexadecimal or octal, with leading zeros where they change nothing. */
function spelled(value: number, base: number): string {
  return base === 16 ? `0x${value.toString(16)}` : base === 8 ? `0${value.toString(8)}` : String(value)
}

/** One to four parts, the last one holding the rest of the bits; each part in a base of its own. */
const ipv4Spelling = fc
  .record({
    parts: fc.integer({ min: 1, max: 4 }),
    bases: fc.array(fc.constantFrom(8, 10, 16), { minLength: 4, maxLength: 4 }),
    dot: fc.boolean(),
  })
  .map(({ parts, bases, dot }) => (quad: Quad): string => {
    const rest = toInteger(quad) % 256 ** (5 - parts)
    const numbers = [...quad.slice(0, parts - 1), rest]
    return numbers.map((value, i) => spelled(value, bases[i] ?? 10)).join('.') + (dot ? '.' : '')
  })

const hex16 = fc.integer({ min: 0, max: 0xffff })
type Parts = readonly number[]

const carrier: fc.Arbitrary<(high: number, low: number) => Parts> = fc
  .record({ kind: fc.integer({ min: 0, max: 6 }), a: hex16, b: hex16, c: hex16, d: hex16, e: hex16 })
  .map(({ kind, a, b, c, d, e }) => (high, low) => {
    switch (kind) {
      case 0:
        return [0, 0, 0, 0, 0, 0xffff, high, low]
      case 1:
        return [0, 0, 0, 0, 0xffff, 0, high, low]
      case 2:
        return [0, 0, 0, 0, 0, 0, high, low]
      case 3:
        return [0x64, 0xff9b, 0, 0, 0, 0, high, low]
      case 4:
        return [0x2002, high, low, a, b, c, d, e]
      case 5:
        return [0x2001, 0, high, low, a, b, c, d]
      default:
        return [0x2001, 0, 0x0808, 0x0808, a, b, high ^ 0xffff, low ^ 0xffff]
    }
  })

/** The same eight groups: padded or not, upper case or not, one run of zeros folded or not, the tail dotted or not. */
const ipv6Spelling = fc
  .record({ pad: fc.boolean(), upper: fc.boolean(), fold: fc.boolean(), dotted: fc.boolean() })
  .map(({ pad, upper, fold, dotted }) => (parts: Parts): string => {
    const groups = parts.map((part) => part.toString(16).padStart(pad ? 4 : 1, '0'))
    const [high = 0, low = 0] = parts.slice(6)
    if (dotted) groups.splice(6, 2, `${high >>> 8}.${high & 255}.${low >>> 8}.${low & 255}`)
    let text = groups.join(':')
    const zeros = fold ? /(?:^|:)(?:0+)(?::0+)+(?=:|$)/.exec(text) : null
    if (zeros !== null) {
      const head = text.slice(0, zeros.index)
      const tail = text.slice(zeros.index + zeros[0].length)
      text = `${head}::${tail.replace(/^:/, '')}`
    }
    return upper ? text.toUpperCase() : text
  })

const guard = createEgressGuard({ allow: [], deny: [] })

test('any spelling of a special-purpose IPv4 address is refused', () => {
  fc.assert(
    fc.property(privateQuad, ipv4Spelling, (quad, spell) => {
      const target = parseAuthority(`${spell(quad)}:80`, 0)
      // the parser may refuse an odd spelling outright; what it accepts must be recognised
      if (target !== undefined) expect([spell(quad), guard.check(target.host)]).not.toContain(undefined)
    }),
    { numRuns },
  )
})

test('any IPv6 address that carries a special-purpose IPv4 address is refused in any spelling', () => {
  fc.assert(
    fc.property(privateQuad, carrier, ipv6Spelling, ([a, b, c, d], carry, spell) => {
      const text = spell(carry(a * 256 + b, c * 256 + d))
      const target = parseAuthority(`[${text}]:80`, 0)
      expect(target?.family, text).toBeGreaterThan(0)
      expect([text, guard.check(target?.host ?? ''), guard.check(text)]).not.toContain(undefined)
    }),
    { numRuns },
  )
})

test('opening the form alone never opens the special-purpose address inside', () => {
  const formsOpen = createEgressGuard({
    allow: ['::/96', '::ffff:0:0:0/96', '64:ff9b::/96', '2001::/32', '2002::/16'],
    deny: [],
  })
  fc.assert(
    fc.property(privateQuad, carrier, ([a, b, c, d], carry) => {
      const parts = carry(a * 256 + b, c * 256 + d)
      fc.pre(!(parts.slice(0, 6).every((part) => part === 0) && a === 0 && b === 0 && c === 0 && d < 2))
      const text = parts.map((part) => part.toString(16)).join(':')
      expect([text, formsOpen.check(text)]).not.toContain(undefined)
    }),
    { numRuns },
  )
})

test('what is carried comes back out of every form, and classifying never throws', () => {
  fc.assert(
    fc.property(anyQuad, carrier, ([a, b, c, d], carry) => {
      fc.pre(a + b + c > 0)
      const text = carry(a * 256 + b, c * 256 + d)
        .map((part) => part.toString(16))
        .join(':')
      expect(embeddedIPv4(text)).toContain(`${a}.${b}.${c}.${d}`)
    }),
    { numRuns },
  )
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
      expect(typeof classifyAddress(text)).toBe('string')
      expect(guard.check(text) === undefined).toBe(classifyAddress(text) === 'global')
    }),
    { numRuns },
  )
})
