import { isIP } from 'node:net'
import fc from 'fast-check'
import { type Pattern, parsePattern } from '../../src/rules/pattern.js'
import type { RuleQuery } from '../../src/rules/rule.js'

// few letters and few labels, so that random hosts and random patterns often meet
const label = fc.constantFrom('a', 'b', 'ab', 'ba', 'aab', 'abab-1')
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
const address = fc.oneof(
  fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(0, 255)).map(([a, b]) => `10.${a}.0.${b}`),
  fc.tuple(fc.constantFrom('0', '8000'), fc.constantFrom('1', '2')).map(([a, b]) => `2001:db8:${a}::${b}`),
)
const globPart = fc.constantFrom('a', 'b', 'ab', 'abab-1', '.', '*', '*', '?', '[ab]', '[!a]', '1')
const glob = fc.array(globPart, { minLength: 2, maxLength: 7 }).map((parts) => parts.join(''))
const pathPart = fc.constantFrom('/', '/', 'a', 'b', 'ab')
const path = fc.array(pathPart, { maxLength: 6 }).map((parts) => `/${parts.join('')}`)
const pathGlob = fc
  .array(fc.oneof(pathPart, fc.constantFrom('*', '**', '?')), { maxLength: 6 })
  .map((parts) => `/${parts.join('')}`)

const host = fc.oneof({ weight: 4, arbitrary: name }, { weight: 1, arbitrary: address })

export const HOST_TEXTS = {
  'exact-host': name,
  'host-suffix': fc.tuple(fc.constantFrom('.', '*.'), name).map(([prefix, rest]) => prefix + rest),
  address: fc
    .tuple(address, fc.constantFrom(8, 9, 16, 24, 32, 33, 48, 128))
    .map(([ip, prefix]) => (isIP(ip) === 4 && prefix > 32 ? ip : `${ip}/${prefix}`)),
  glob,
} as const

export const URL_TEXT = fc
  .tuple(fc.constantFrom('http://', ''), fc.oneof(...Object.values(HOST_TEXTS)), fc.oneof(path, pathGlob))
  .filter(([scheme, text]) => scheme === 'http://' || !text.includes('/'))
  .map(([scheme, text, rest]) => scheme + text.replace(/\/\d+$/, '') + rest)

export const REGEX_SOURCE = fc
  .array(fc.constantFrom('a', 'b', 'ab', '.', '\\.', 'a*', 'ab?', '(a|b)+', '[ab]?', '[^a]', '^a', 'b$', 'B+'), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join(''))

/** Patterns that a text stands for; none where the text is no pattern. */
export function patternOf(text: fc.Arbitrary<string>): fc.Arbitrary<Pattern> {
  return text
    .map(parsePattern)
    .filter((pattern) => pattern.kind !== 'problem')
    .map((pattern) => pattern as Pattern)
}

export const QUERY: fc.Arbitrary<RuleQuery> = fc
  .record({
    host,
    port: fc.constantFrom(80, 443, 8080),
    family: fc.constant(0 as const),
    path: fc.option(
      fc.tuple(path, fc.constantFrom('', '?a', '?a/b')).map(([p, q]) => p + q),
      { nil: undefined },
    ),
  })
  .map((query) => ({ ...query, family: isIP(query.host) as 0 | 4 | 6 }))
