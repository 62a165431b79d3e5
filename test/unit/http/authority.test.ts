import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalHost, parseAuthority, parsePort } from '../../../src/http/authority.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

describe('canonicalHost', () => {
  test.each([
    ['EXAMPLE.com.', 'example.com'],
    ['b\xfccher.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['fa\xdf.de', 'xn--fa-hia.de'],
    ['\uff41.test', 'a.test'],
    ['a\u3002test', 'a.test'],
    ['a_b.test', 'a_b.test'],
    ['0x7f.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['0x', '0.0.0.0'],
    ['b\xfccher\u3002', 'xn--bcher-kva'],
    ['1.2.3.4.', '1.2.3.4'],
    ['a.0x7f000001.test', 'a.0x7f000001.test'],
    ['[::FFFF:7F00:1]', '127.0.0.1'],
    ['[2001:DB8:0:0::1]', '2001:db8::1'],
    ['::1', '::1'],
    [`${'a'.repeat(63)}.test`, `${'a'.repeat(63)}.test`],
  ])('%s is %s', (text, expected) => {
    expect(canonicalHost(text)).toBe(expected)
  })

  test.each([
    '',
    '.',
    'a..b',
    '.a',
    'a..',
    `${'a'.repeat(64)}.test`,
    `${'a.'.repeat(127)}b`,
    'a b',
    'a%00.test',
    'a%2e.test',
    'a/b',
    'a\\b',
    'a#b',
    'a@b',
    'a?b',
    'a\0b',
    'a\tb',
    'a*b',
    'a,b',
    '"><img>',
    '1.2.3.256',
    '1.2.3.4.5',
    'a.\u3002',
    '1\u3002.',
    'a.\xad.',
    'A..',
    '09.1.1.1',
    '4294967296',
    '[::1',
    '::1]',
    '[fe80::1%eth0]',
    'fe80::1%25lo',
    '[1.2.3.4]',
    '[]',
    'a:80',
    '\u200d',
  ])('refuses %j', (text) => {
    expect(canonicalHost(text)).toBeUndefined()
  })

  test('what it returns is its own canonical form', () => {
    const host = fc.oneof(fc.domain(), fc.ipV4Extended(), fc.ipV6(), fc.string(), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(host, (text) => {
        const canonical = canonicalHost(text)
        if (canonical === undefined) return
        expect(canonicalHost(canonical)).toBe(canonical)
        expect(canonical).toMatch(/^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f:.]+)$/)
      }),
      { numRuns },
    )
  })

  test('reads numbers as the URL parser does', () => {
    const part = fc.oneof(
      fc.nat(300).map(String),
      fc.nat(300).map((n) => `0${n.toString(8)}`),
      fc.nat(70_000).map((n) => `0x${n.toString(16)}`),
    )
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const text = parts.join('.')
        const url = URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`).hostname : undefined
        expect(canonicalHost(text)).toBe(url)
      }),
      { numRuns },
    )
  })
})

describe('a name that both take', () => {
  test('is the same to us and to the URL parser', () => {
    const letter = fc.constantFrom(
      ...'abAB19-_xn.',
      '\u3002',
      '\uff0e',
      '\xfc',
      '\xdf',
      '\u212a',
      '\uff11',
      '\u0131',
      '\u03c2',
      '\u2488',
      '\xad',
      '\u200d',
      '\u0660',
    )
    const host = fc.oneof(
      fc.array(letter, { maxLength: 12 }).map((letters) => letters.join('')),
      fc.string({ unit: 'grapheme' }),
    )
    fc.assert(
      fc.property(host, (text) => {
        const canonical = canonicalHost(text)
        fc.pre(canonical !== undefined && !text.includes(':') && URL.canParse(`http://${text}/`))
        expect(new URL(`http://${text}/`).hostname.replace(/\.$/, '')).toBe(canonical)
      }),
      { numRuns },
    )
  })
})

describe('parsePort', () => {
  test.each([
    ['1', 1],
    ['65535', 65535],
    ['00443', 443],
    ['0', 0],
    ['65536', 0],
    ['000443', 0],
    ['', 0],
    ['+1', 0],
    ['4 43', 0],
    ['http', 0],
  ])('%j is %d', (text, port) => {
    expect(parsePort(text)).toBe(port)
  })
})

describe('parseAuthority', () => {
  test.each([
    ['A.test', 80, { host: 'a.test', port: 80, family: 0 }],
    ['a.test:8080', 80, { host: 'a.test', port: 8080, family: 0 }],
    ['1.2.3.4:1', 0, { host: '1.2.3.4', port: 1, family: 4 }],
    ['[::1]', 80, { host: '::1', port: 80, family: 6 }],
    ['[::1]:443', 0, { host: '::1', port: 443, family: 6 }],
    ['[::ffff:1.2.3.4]:443', 0, { host: '1.2.3.4', port: 443, family: 4 }],
  ])('%s', (text, defaultPort, expected) => {
    expect(parseAuthority(text, defaultPort)).toEqual(expected)
  })

  test.each([
    ['a.test', 0],
    ['a.test:', 80],
    ['a.test:0', 80],
    ['a.test:80:80', 80],
    [':80', 80],
    ['', 80],
    ['u@a.test', 80],
    ['u:p@a.test:80', 80],
    ['::1', 80],
    ['::1:80', 80],
    ['[::1]x', 80],
    ['[::1]:', 80],
    ['[::1', 80],
    ['[::1%25lo]:80', 80],
  ])('refuses %s', (text, defaultPort) => {
    expect(parseAuthority(text, defaultPort)).toBeUndefined()
  })
})
