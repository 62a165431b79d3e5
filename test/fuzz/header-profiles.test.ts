import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AGENTS, LANGUAGE } from '../../src/http/disguise.js'
import { HEADER_CATALOG } from '../../src/http/header-catalog.js'
import { forwardRequest, forwardResponse } from '../helpers/forward-head.js'
import { createRequestOracle } from '../helpers/node-parser.js'

// Invariant: whatever a client sends, a profile leaves fields out or replaces values by those documented, and changes
// neither order, case, spacing nor framing of the rest; each profile leaves out all that the one before it does.

const numRuns = Number(process.env.FUZZ_RUNS ?? 300)
const PROFILES = ['off', 'standard', 'strict', 'paranoid'] as const
const oracle = createRequestOracle()

const anyCase = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) => [...text].map((c, i) => (upper[i] ? c.toUpperCase() : c)).join(''))
const catalogued = fc.constantFrom(...new Set(HEADER_CATALOG.map(({ name }) => name.replace('*', 'q1')))).chain(anyCase)
const other = fc.oneof(
  fc.constantFrom('X-Mine', 'Origin', 'Sec-Fetch-Site', 'Sec-Fetch-Dest', 'Sec-GPC'),
  fc.stringMatching(/^[A-Za-z-]{1,9}$/),
)
const value = fc.oneof(
  fc.constantFrom('', 'a, b', '"q"', 'cross-site', 'document', 'http://b.test/secret?q', 'http://o.test/p?gclid=1&a=2'),
  fc.constantFrom('com.app', 'XMLHttpRequest', 'Mozilla/5.0 (X11; Linux) Chrome/1', 'caf\xe9'),
)
const line = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: catalogued }, { weight: 1, arbitrary: other }),
    fc.constantFrom(':', ': ', ':\t'),
    value,
  )
  .filter(
    ([name]) =>
      !/^(host|content-length|transfer-encoding|connection|te|upgrade|expect|close|keep-alive|http2-settings|max-forwards|proxy-.*)$/i.test(
        name,
      ),
  )
  .map((parts) => parts.join(''))
const lines = fc.array(line, { maxLength: 14 })

const headOf = (fields: readonly string[]) =>
  ['POST http://o.test/p HTTP/1.1', 'Host: o.test', 'Content-Length: 3', ...fields].map((l) => `${l}\r\n`).join('')
const responseOf = (fields: readonly string[]) => ['HTTP/1.1 200 OK', ...fields].map((l) => `${l}\r\n`).join('')

describe('a request', () => {
  test('keeps the order, case and spacing of what stays, and changes values only as documented', () => {
    fc.assert(
      fc.property(lines, fc.constantFrom(...PROFILES), (fields, profile) => {
        const out = forwardRequest(headOf(fields), { profile }).lines
        expect(out.slice(0, 2)).toEqual(['Host: o.test', 'Content-Length: 3'])
        let at = 0
        for (const sent of out.slice(2)) {
          while (at < fields.length && !isFrom(sent, fields[at] ?? '')) at++
          expect([sent, at < fields.length]).toEqual([sent, true])
          at++
        }
      }),
      { numRuns },
    )
  })

  test('has no field of the rows that its profile removes, in whatever case', () => {
    fc.assert(
      fc.property(lines, fc.constantFrom(...PROFILES), (fields, profile) => {
        const groups = ['proxy', 'always', 'carrier', 'standard', 'strict'].slice(
          0,
          [1, 4, 5, 5][PROFILES.indexOf(profile)],
        )
        const isRemoved = (name: string) =>
          HEADER_CATALOG.some((row) => groups.includes(row.group) && row.act === 'removed' && covers(row.name, name))
        const isAllowed = (name: string) =>
          HEADER_CATALOG.some((row) => row.group === 'allowed' && covers(row.name, name))
        const names = forwardRequest(headOf(fields), { profile }).lines.map(nameOf)
        expect(names.filter(isRemoved)).toEqual([])
        if (profile === 'paranoid') expect(names.filter((name) => !isAllowed(name))).toEqual([])
      }),
      { numRuns },
    )
  })

  test('loses in each profile all that it loses in the one before, and the log names what went', () => {
    fc.assert(
      fc.property(lines, (fields) => {
        const kept = PROFILES.map((profile) => {
          const { lines: out, removed } = forwardRequest(headOf(fields), { profile })
          expect([...out.slice(2).map(nameOf), ...removed.map((n) => n.toLowerCase())].sort()).toEqual(
            fields.map(nameOf).sort(),
          )
          return out.map(nameOf)
        })
        for (const [i, names] of kept.entries()) if (i > 0) expect(isSubsequence(names, kept[i - 1] ?? [])).toBe(true)
      }),
      { numRuns },
    )
  })

  test('never carries both a replaced User-Agent and hints of the real one, whatever else is asked', () => {
    const changes = fc.record({
      keep: fc.subarray(['sec-ch-ua', 'sec-ch-ua-mobile', 'sec-ch-*', 'user-agent', '*']),
      remove: fc.subarray(['user-agent', 'user-*']),
      set: fc.constantFrom({}, { 'User-Agent': 'mine' }),
    })
    fc.assert(
      fc.property(lines, fc.constantFrom(...PROFILES), changes, (fields, profile, options) => {
        const sent = [...fields, 'User-Agent: real', 'Sec-CH-UA: "real"', 'Sec-CH-UA-Mobile: ?0']
        const out = forwardRequest(headOf(sent), { profile, ...options }).lines
        const hints = out.filter((l) => nameOf(l).startsWith('sec-ch-ua'))
        if (!out.includes('User-Agent: real')) expect(hints).toEqual([])
      }),
      { numRuns },
    )
  })

  test('is framed as without a profile', async () => {
    await fc.assert(
      fc.asyncProperty(lines, fc.constantFrom(...PROFILES), async (fields, profile) => {
        const { text = '' } = forwardRequest(headOf(fields), { profile })
        const node = await oracle.read(Buffer.from(`${text}abc`, 'latin1'))
        expect(node).toMatchObject({ end: 'clean', messages: [{ start: 'POST /p 1', body: 'abc' }] })
      }),
      { numRuns: numRuns / 3 },
    )
  })
})

describe('a response', () => {
  test('is a subsequence of what came, and each profile leaves out all that the one before does', () => {
    fc.assert(
      fc.property(lines, fc.boolean(), (fields, isThirdParty) => {
        let before: readonly string[] = fields
        for (const profile of PROFILES) {
          const out = forwardResponse(responseOf(fields), { profile, isThirdParty }).lines
          expect(isSubsequence(out, before)).toBe(true)
          before = out
        }
      }),
      { numRuns },
    )
  })
})

function isFrom(sent: string, received: string): boolean {
  if (sent === received) return true
  const [, start = '', name = '', text = ''] = /^((\S+?):[ \t]*)(.*)$/s.exec(sent) ?? []
  if (!received.startsWith(start)) return false
  switch (name.toLowerCase()) {
    case 'user-agent':
      return AGENTS.some(({ agent }) => agent === text)
    case 'accept-language':
      return text === LANGUAGE
    case 'referer':
      return text === 'http://b.test/' || text === 'http://o.test/p?a=2'
    default:
      return false
  }
}

function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0
  for (const item of whole) if (item === part[at]) at++
  return at === part.length
}

function covers(row: string, name: string): boolean {
  return row.endsWith('*') ? name.startsWith(row.slice(0, -1)) : row === name
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(':')).toLowerCase()
}
