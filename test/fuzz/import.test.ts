import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileRules } from '../../src/compile-rules.js'
import { importRules } from '../../src/import/import-rules.js'
import { IMPORT_SOURCES } from '../../src/import/import-sources.js'
import { lintRules } from '../../src/rules/lint.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

const piece = fc.constantFrom(
  ...[
    '\n',
    '\n',
    '\n',
    ' ',
    ' ',
    '\\\n',
    '\t',
    '#',
    ' # ',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '|',
    '^',
    '$',
    ',',
    ':',
    ';',
  ],
  ...[
    'acl a ',
    'acl b ',
    'dstdomain ',
    'dstdom_regex ',
    'url_regex ',
    'dst ',
    'port 80',
    'src all',
    '"f"',
    'http_access ',
    'deny ',
  ],
  ...[
    'allow ',
    '!a',
    'a',
    'b',
    'all',
    'include f',
    'any-of a b',
    '{{alias}}',
    'x = +block{y}',
    '{+block{z}}',
    '{-block}',
    '{x}',
  ],
  ...[
    'TAG:',
    '/',
    '.',
    '*',
    '**',
    '?',
    '.*',
    '(.*/)?',
    '[a-c]',
    '(?!a)',
    '.Include<f>',
    '#listcategory: "c"',
    '#time: 1',
    '*ip',
  ],
  ...[
    'sitelist = ',
    "'name=banned,path=f'",
    '||',
    '@@',
    '^',
    '$important',
    '$client=x',
    '$denyallow=a.example',
    '$badfilter',
  ],
  ...[
    'user_rules:\n',
    'filters:\n',
    '  - ',
    'url: f',
    'rules:\n',
    'payload:\n',
    'rule-providers:\n',
    'RULE-SET,f,REJECT',
    'MATCH,',
  ],
  ...[
    'DOMAIN,',
    'DOMAIN-SUFFIX,',
    'IP-CIDR,',
    'DST-PORT,',
    'REJECT',
    'DIRECT',
    '0.0.0.0 ',
    '192.0.2.1',
    '/24',
    '2001:db8::1',
  ],
  ...[
    'ads.example',
    '.co.uk',
    '.com',
    'bücher.example',
    'https://lists.example/a',
    ';querytype=A',
    'INSERT INTO domainlist VALUES(1,',
  ],
  ...[
    '\r\n',
    '\uFEFF',
    '\0',
    '\ud800',
    'x'.repeat(300),
    '&x ',
    '*x ',
    '<<: *x',
    'block .evil.example',
    'default block',
  ],
)
const text = fc.array(piece, { maxLength: 25 }).map((parts) => parts.join(''))
const name = fc.constantFrom(
  ...['f', 'squid.conf', 'user.action', 'bannedsitelist', 'exceptionurllist', 'bannedregexpurllist', 'greysiteiplist'],
  ...[
    'e2guardian.conf',
    'AdGuardHome.yaml',
    'whitelist.txt',
    'regex.list',
    'adlists.list',
    'adlist.json',
    'pihole.toml',
    'x.yaml',
  ],
)

// Whatever the files hold, they are read to the end, and what is written is a rule file without errors that compiles.
test('any text of another tool becomes a rule file in order, or none', () => {
  const files = fc.array(fc.record({ name, text }), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(fc.constantFrom(...IMPORT_SOURCES), files, (source, given) => {
      const result = importRules(source, given, (path) =>
        given.filter((file, i) => file.name === path || i === given.length - 1),
      )
      for (const { line, count, reason } of result.skipped) {
        expect(line).toBeGreaterThanOrEqual(0)
        expect(count).toBeGreaterThanOrEqual(1)
        expect(reason).not.toBe('')
      }
      expect(result.text === '').toBe(result.blocks + result.allows === 0 && !result.isDefaultBlock)
      if (result.text === '') return
      const out = { name: 'out', text: result.text }
      expect(lintRules([out]).filter(({ severity }) => severity === 'error')).toEqual([])
      expect(compileRules([out]).defaultAction).toBe(result.isDefaultBlock ? 'block' : 'allow')
    }),
    { numRuns: numRuns * 20 },
  )
})
