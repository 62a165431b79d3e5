import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../src/compile-rules.js'
import { createRuleCache } from '../../src/config/rule-cache.js'
import type { RuleSet } from '../../src/rules/rule.js'
import { decodeRuleSet, encodeRuleSet } from '../../src/rules/rule-image.js'
import { createRuleUpdate } from '../../src/rules/rule-update.js'
import { HOST_TEXTS, QUERY } from '../conformance/rule-table-arbitraries.js'
import { KEY } from '../helpers/segments.js'
import { createTempFolder } from '../helpers/temp-folder.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

// few labels, so that names meet; some that no form may take for a name
const label = fc.constantFrom('a', 'b', 'ads', 'x-1', 'a_b')
const regular = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => [...labels, 'example'].join('.'))
const odd = fc.constantFrom(
  ...['Ads.Example', 'bücher.example', 'example', 'a.example.', '192.0.2.1', '2001:db8::1', 'localhost.localdomain'],
  ...['rpz-ip', '32.1.2.0.192.rpz-ip', '1.example.2', '-a.example', 'a..example', `${'a'.repeat(64)}.example`],
)
const name = fc.oneof({ weight: 6, arbitrary: regular }, { weight: 1, arbitrary: odd })

/** How lists write a name. */
const FORMATS = [
  ...['N', '.N', '*.N', 'block N', 'block! .N', 'allow *.N', 'block N:8443', 'block N # why', '  N  '],
  ...['0.0.0.0 N', '127.0.0.1\tN', '::1 N', '0.0.0.0 N M', '0.0.0.0 N # note', 'N # note', 'N;note'],
  ...['||N^', '@@||N^', '||N^$important', '||N^$badfilter', '@@||N^|', '|N^', '||N^$denyallow=M', '||N^$unknown'],
  ...['address=/N/0.0.0.0', 'address=/N/', 'server=/N/', 'address=/N/M/#'],
  ...['local-zone: "N" always_nxdomain', 'local-zone: "N" transparent', 'local-data: "N A 0.0.0.0"'],
  ...['N CNAME .', '*.N CNAME .', 'N CNAME rpz-passthru.', 'N IN CNAME .'],
  ...['DOMAIN,N', 'DOMAIN-SUFFIX,N', 'DOMAIN-SUFFIX,N,REJECT', "  - '+.N'", '  - N', 'full:N', 'domain:N @ads'],
  ...['# N', '! N', '', 'http://N/path/*', 'block {N,M}', 'block *N', '/^N$/'],
] as const

const line = fc
  .tuple(fc.constantFrom(...FORMATS), name, name)
  .map(([format, n, m]) => format.replace('N', n).replace('M', m))
const host = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom('', '', 'www.'), regular).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.constantFrom('192.0.2.1', '[2001:db8::1]', 'xn--bcher-kva.example', 'ads.example:8443') },
)
const hosts = fc.array(host, { minLength: 5, maxLength: 20 })

type Text = { readonly name: string; readonly bytes: Uint8Array; readonly cuts?: readonly number[] }

/** Texts as somebody else's lists, fed in pieces. */
function compileForeign(texts: readonly Text[]): RuleSet {
  const update = createRuleUpdate(undefined, { key: KEY })
  for (const { name: list, bytes, cuts = [] } of texts) {
    const reader = update.read({ name: list, action: 'block', scope: 'suffix', isForeign: true, mayBeEmpty: true })
    let at = 0
    // one buffer, written over for each piece, as whoever reads a file does
    const piece = new Uint8Array(bytes.length)
    for (const cut of [...cuts, bytes.length].map((c) => Math.min(c, bytes.length)).toSorted((a, b) => a - b)) {
      piece.set(bytes.subarray(at, cut))
      reader.feed(piece.subarray(0, cut - at))
      piece.fill(0x2a)
      at = cut
    }
    reader.end('')
  }
  return update.finish()
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

// A list means what its lines mean each alone, whatever forms were learnt from the lines before, wherever it is cut.
test('lines read in known forms mean what the parser says of them', () => {
  const text = fc.record({
    lines: fc.array(line, { minLength: 1, maxLength: 40 }),
    end: fc.constantFrom('\n', '\r\n'),
    start: fc.constantFrom('', '\uFEFF'),
    isClosed: fc.boolean(),
    cuts: fc.array(fc.nat(2_000), { maxLength: 6 }),
  })
  fc.assert(
    fc.property(text, hosts, ({ lines, end, start, isClosed, cuts }, asked) => {
      const bytes = encode(start + lines.join(end) + (isClosed ? end : ''))
      const whole = compileForeign([{ name: 'list', bytes, cuts }])
      const alone = compileForeign(lines.map((one, i) => ({ name: String(i + 1), bytes: encode(one) })))
      expect(whole.size).toBe(alone.size)
      for (const target of asked) {
        expect(whole.matches(target).map((match) => ({ ...match, list: String(match.line), line: 1 }))).toEqual(
          alone.matches(target),
        )
      }
    }),
    { numRuns: numRuns * 3 },
  )
})

const rule = fc
  .tuple(fc.constantFrom('block', 'allow', 'block!', 'allow!'), fc.oneof(...Object.values(HOST_TEXTS)))
  .map((parts) => parts.join(' '))
  .filter((text) => {
    try {
      return compileRules([{ name: 'f', text }]).size > 0
    } catch {
      return false
    }
  })
const rules = fc.array(rule, { minLength: 1, maxLength: 25 }).map((lines) => lines.join('\n'))
const queries = fc.array(QUERY, { minLength: 1, maxLength: 10 })

const folder = createTempFolder()

describe('a rule set that was kept', () => {
  // Whatever was compiled and edited comes back from its image, and goes on from there.
  test('answers as the one it was made of', () => {
    fc.assert(
      fc.property(rules, fc.array(rule, { maxLength: 5 }), fc.nat(), queries, (text, add, pick, asked) => {
        const lines = text.split('\n')
        const set = compileRules([{ name: 'f', text }]).with({ add, remove: [lines[pick % lines.length] ?? ''] })
        const image = Buffer.concat(encodeRuleSet(set))
        const read = decodeRuleSet(new Uint8Array(image))
        const change = { add: ['block later.example'], remove: add.slice(0, 1) }
        const [one, other] = [set.with(change), read?.with(change)]
        expect(read?.counts).toEqual(set.counts)
        for (const query of asked) {
          expect(read?.matches(query)).toEqual(set.matches(query))
          expect(other?.matches(query)).toEqual(one.matches(query))
        }
      }),
      { numRuns },
    )
  })

  // What the cache on the disk gives back is what compiling the files again would give.
  test('in the cache answers as a fresh build', async () => {
    const files = [{ name: 'f', path: '/f', action: 'block' as const }]
    await fc.assert(
      fc.asyncProperty(rules, queries, async (text, asked) => {
        const cache = createRuleCache(join(folder.path, 'cache'), files)
        await cache.write(compileRules([{ name: 'f', text }]))
        const [kept, fresh] = [await cache.read(), compileRules([{ name: 'f', text }])]
        expect(kept?.size).toBe(fresh.size)
        for (const query of asked) {
          expect(kept?.matches(query)).toEqual(fresh.matches(query))
          expect(kept?.decide(query)).toEqual(fresh.decide(query))
        }
      }),
      { numRuns: Math.ceil(numRuns / 2) },
    )
  })
})

/** Names in numbers, so that overlays outgrow their bounds and are merged. */
const batch = (from: number, count: number, verb = 'block'): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${verb} ${(i & 1) === 0 ? '' : '.'}n${from + i}.example`)

const SAMPLE = Array.from({ length: 60 }, (_, i) => `www.n${i * 173}.example`).flatMap((one) => [one, one.slice(4)])

// Any edits one after the other give what their outcome gives when compiled at once; sets from before stay as they were.
test('edits that make new bases equal a rebuild, and leave every earlier set alone', () => {
  const edit = fc.record({
    add: fc.tuple(fc.nat(9_000), fc.nat(2_500), fc.constantFrom('block', 'allow', 'block!')),
    remove: fc.tuple(fc.nat(9_000), fc.nat(2_500)),
  })
  fc.assert(
    fc.property(fc.nat(3_000), fc.array(edit, { minLength: 1, maxLength: 5 }), (first, edits) => {
      let lines = batch(0, first + 1)
      let added: readonly string[] = []
      let set = compileRules([{ name: 'f', text: lines.join('\n') }])
      const seen: { readonly set: RuleSet; readonly said: readonly string[] }[] = []
      const say = (one: RuleSet) =>
        SAMPLE.map((asked) =>
          one
            .matches(asked)
            .map(({ text }) => text)
            .join('; '),
        )
      for (const { add, remove } of edits) {
        seen.push({ set, said: say(set) })
        const gone = new Set(batch(...remove))
        const more = batch(...add)
        set = set.with({ add: more, remove: [...gone] })
        lines = lines.filter((text) => !gone.has(text))
        added = [...added.filter((text) => !gone.has(text)), ...more]
      }
      const rebuilt = compileRules(
        [lines, added].filter(({ length }) => length > 0).map((part, i) => ({ name: `${i}`, text: part.join('\n') })),
      )
      expect(say(set)).toEqual(say(rebuilt))
      expect(set.size).toBe(rebuilt.size)
      for (const before of seen) expect(say(before.set)).toEqual(before.said)
    }),
    { numRuns: Math.ceil(numRuns / 10) },
  )
})

// However lists come, go, change and change places, the set is that of the lists as they are now.
test('updates of lists equal a fresh build, and leave every earlier set alone', () => {
  const CONTENTS = [
    batch(0, 6_000).join('\n'),
    batch(3_000, 6_000, 'allow').join('\n'),
    batch(0, 900, 'block!').join('\n'),
    '||n0.example^\n||n173.example^$important\nn346.example\n',
    '||n0.example^$badfilter\n||n173.example^$important,badfilter\nn519.example\n',
    'default block\nallow n*3.example\nblock 192.0.2.0/24\n',
    '||example^$denyallow=n0.example|n173.example\n',
  ]
  const lists = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(CONTENTS.length - 1)), {
    minLength: 1,
    maxLength: 4,
  })
  const targets = [...SAMPLE, '192.0.2.1']

  function update(previous: RuleSet | undefined, wanted: readonly (readonly [string, number])[]): RuleSet {
    const updating = createRuleUpdate(previous, { key: KEY })
    for (const [list, content] of wanted) {
      const identity = { name: list, action: 'block', scope: 'exact' } as const
      if (updating.keep(identity, String(content)) !== undefined) continue
      const bytes = encode(CONTENTS[content] ?? '')
      const reader = updating.read(identity, bytes.length)
      reader.feed(bytes)
      reader.end(String(content))
    }
    return updating.finish()
  }

  fc.assert(
    fc.property(fc.array(lists, { minLength: 2, maxLength: 6 }), (steps) => {
      const seen: { readonly set: RuleSet; readonly said: readonly unknown[] }[] = []
      let set: RuleSet | undefined
      for (const wanted of steps) {
        set = update(set, wanted)
        const fresh = update(undefined, wanted)
        const said = targets.map((target) => set?.matches(target))
        expect(said).toEqual(targets.map((target) => fresh.matches(target)))
        expect([set.size, set.counts, set.defaultRule]).toEqual([fresh.size, fresh.counts, fresh.defaultRule])
        seen.push({ set, said })
      }
      for (const before of seen) expect(targets.map((target) => before.set.matches(target))).toEqual(before.said)
    }),
    { numRuns: Math.ceil(numRuns / 5) },
  )
})
