import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../src/compile-rules.js'
import { InputError } from '../../src/errors.js'
import { lintRules } from '../../src/rules/lint.js'
import { parseLine } from '../../src/rules/parse.js'
import { type Pattern, parsePattern } from '../../src/rules/pattern.js'
import type { RuleLevel } from '../../src/rules/rule.js'
import { HOST_TEXTS, QUERY, REGEX_SOURCE, URL_TEXT } from '../conformance/rule-table-arbitraries.js'
import { matchesByScan } from '../conformance/rule-table-oracle.js'
import { judge } from './areas/area.js'
import { rules } from './areas/rules.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

const piece = fc.constantFrom(
  ...[
    'block ',
    'allow! ',
    'default ',
    'include ',
    'include:',
    '0.0.0.0 ',
    '||',
    '@@',
    '|',
    '^',
    '$important',
    '$denyallow=',
    '$x=y',
  ],
  ...[
    '/',
    '\\',
    '.',
    '*',
    '**',
    '?',
    '[',
    ']',
    '[a-',
    '{',
    ',',
    '}',
    '{1..9}',
    '(',
    ')',
    '!',
    '#',
    ' # ',
    '##',
    ';',
    ' ',
    '\t',
    '\r',
  ],
  ...[
    'address=/',
    'local-zone: "',
    '" refuse',
    ' CNAME .',
    '.rpz-ip',
    'DOMAIN-SUFFIX,',
    '- ',
    "'",
    'full:',
    'regexp:',
    ' @ads',
    'payload:',
  ],
  ...[
    'http://',
    'https://',
    ':',
    ':80',
    '::1',
    '192.0.2.1',
    '/24',
    'a',
    'ads.example',
    'bücher',
    'ß',
    '\uFEFF',
    '\u0000',
    '\ud800',
    'x'.repeat(70),
  ],
)
const line = fc.oneof(
  fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => !text.includes('\n')),
)

// Whatever a line holds, it is read as something, and a problem points into it.
test('any line parses without an exception', () => {
  fc.assert(
    fc.property(line, fc.constantFrom('exact', 'suffix'), (text, scope) => {
      const parsed = parseLine(text, scope)
      if (parsed.kind !== 'problem') return
      expect(parsed.column).toBeGreaterThanOrEqual(1)
      expect(parsed.column).toBeLessThanOrEqual(text.length + 1)
      expect(parsed.message).not.toBe('')
      expect(parsed.fix).not.toBe('')
    }),
    { numRuns: numRuns * 10 },
  )
})

// However long a line is, it comes to an end: each area has so much processor time for an input that only what grows faster
// than the line uses it up.
test('a long line of pieces that repeat is read in time', async () => {
  await fc.assert(
    fc.asyncProperty(piece, piece, piece, fc.constantFrom(100, 2_000, 10_000), async (start, a, b, count) => {
      const text = `${start}${(a + b).repeat(count).slice(0, 60_000)}`
      expect(await judge(rules, Buffer.from(text), '')).toBeTypeOf('boolean')
    }),
    { numRuns },
  )
})

// Any text is a rule set or an InputError; a set answers any query; lint never throws.
test('any text compiles or is refused with its problems', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.array(QUERY, { maxLength: 5 }), (lines, queries) => {
      const source = { name: 'f', text: lines.join('\n') }
      expect(Array.isArray(lintRules([source]))).toBe(true)
      try {
        const set = compileRules([source])
        for (const query of queries) expect(set.matches(query)[0] ?? null).toEqual(set.decide(query).rule)
      } catch (error) {
        if (!(error instanceof InputError)) throw error
        expect(error.problems.length).toBeGreaterThan(0)
      }
    }),
    { numRuns: numRuns * 3 },
  )
})

const RANK: readonly RuleLevel[] = ['allow!', 'block!', 'allow', 'block']
const KIND = ['url', 'address', 'range', 'suffix', 'glob', 'regex', 'branches']

/** The contract's sentence on precedence, as a list of sort keys; smaller is stronger. */
function sortKeys(verb: string, pattern: Pattern): readonly number[] {
  const level = RANK.indexOf(verb as RuleLevel)
  if (pattern.kind === 'host') return [level, pattern.port === 0 ? 1 : 0]
  if (pattern.kind === 'address') {
    const { prefix, family } = pattern.cidr
    const single = prefix === (family === 4 ? 32 : 128)
    return single
      ? [level, pattern.port === 0 ? 2 + KIND.indexOf('address') : 0]
      : [level, 2 + KIND.indexOf('range'), -prefix]
  }
  if (pattern.kind === 'suffix') return [level, 2 + KIND.indexOf('suffix'), -pattern.suffix.length]
  return [level, 2 + KIND.indexOf(pattern.kind)]
}

const token = fc.oneof(
  ...Object.values(HOST_TEXTS),
  URL_TEXT,
  REGEX_SOURCE.map((source) => `/${source}/`),
)
const withPort = fc
  .tuple(token, fc.constantFrom('', '', ':80', ':443'))
  .map(([text, port]) => (/[/:]/.test(text) ? text : text + port))
const rule = fc
  .tuple(fc.constantFrom(...RANK), withPort)
  .filter(([, text]) => text.startsWith('/') || parsePattern(text).kind !== 'problem')

function patternOf(text: string): Pattern {
  if (text.startsWith('/')) return { kind: 'regex', source: text.slice(1, -1) }
  const pattern = parsePattern(text)
  if (pattern.kind === 'problem') throw new Error(pattern.message)
  return pattern
}

function portOf(pattern: Pattern): number {
  if (pattern.kind === 'url') return pattern.host.port
  return 'port' in pattern ? pattern.port : 0
}

describe('a rule set', () => {
  // The winner is the first of all matching rules sorted by level, specificity and place; all others follow in that order.
  test('equals a scan of all rules sorted by the precedence of the contract', () => {
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 25 }),
        fc.array(QUERY, { minLength: 1, maxLength: 8 }),
        (written, queries) => {
          const set = compileRules([{ name: 'f', text: written.map(([verb, text]) => `${verb} ${text}`).join('\n') }])
          expect(set.size).toBe(written.length)
          for (const query of queries) {
            const expected = written
              .map(([verb, text], i) => ({ verb, pattern: patternOf(text), line: i + 1 }))
              .filter(({ pattern }) => matchesByScan(pattern, query) && [0, query.port].includes(portOf(pattern)))
              .map(({ verb, pattern, line: at }) => ({
                keys: sortKeys(verb, pattern),
                port: portOf(pattern),
                line: at,
              }))
              .toSorted(
                (a, b) => compareKeys(a.keys, b.keys) || Number(b.port > 0) - Number(a.port > 0) || a.line - b.line,
              )
            expect(set.matches(query).map((match) => match.line)).toEqual(expected.map(({ line: at }) => at))
            expect(set.decide(query).rule?.line).toBe(expected[0]?.line)
          }
        },
      ),
      { numRuns },
    )
  })

  // Edits by `with` give what compiling the edited text gives.
  test('edited equals one built from the edited lines', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(rule, { minLength: 2, maxLength: 12, selector: String }),
        fc.nat(),
        QUERY,
        (written, pick, query) => {
          const lines = written.map(([verb, text]) => `${verb} ${text}`)
          const cut = 1 + (pick % (lines.length - 1))
          const removed = lines[pick % cut] ?? ''
          const edited = compileRules([{ name: 'f', text: lines.slice(0, cut).join('\n') }]).with({
            add: lines.slice(cut),
            remove: [removed],
          })
          const built = compileRules([
            { name: 'f', text: [...lines.filter((text) => text !== removed), 'block z'].join('\n') },
          ])
          expect(edited.decide(query).action).toBe(built.decide(query).action)
          expect(edited.matches(query).map(({ text }) => text)).toEqual(built.matches(query).map(({ text }) => text))
          expect(edited.size).toBe(built.size - 1)
        },
      ),
      { numRuns },
    )
  })
})

function compareKeys(a: readonly number[], b: readonly number[]): number {
  for (const [i, key] of a.entries()) if (key !== b[i]) return key - (b[i] ?? 0)
  return 0
}
