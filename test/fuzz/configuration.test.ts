import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { judge } from './areas/area.js'
import { configuration, KEY, PASSWORD } from './areas/configuration.js'
import { PATIENCE_MS } from './budget.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

const ODD: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1.5,
    1e300,
    '',
    ' ',
    '~',
    'off',
    'any',
    '*',
    '1',
    '0x10',
    '1s',
    '99999999h',
  ),
  fc.constantFrom<unknown>(
    '__proto__',
    'constructor',
    'toString',
    '\u0000',
    '\ud800',
    '\u2028',
    'x'.repeat(300),
    [],
    {},
    [[]],
    [{}],
  ),
  fc.constantFrom<unknown>(
    { constructor: 1 },
    { url: [] },
    { url: 'http://a', chain: ['http://b'] },
    { path: 'a', action: 'x' },
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.integer(),
)
const odd = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 30, arbitrary: value as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: ODD })
const oneOf = (...values: readonly unknown[]) => odd(fc.constantFrom(...values))
const some = (value: fc.Arbitrary<unknown>, maxLength = 3) => odd(fc.array(value, { maxLength }))
const section = (shape: Record<string, fc.Arbitrary<unknown>>) => odd(fc.record(shape, { requiredKeys: [] }))
const named = (value: fc.Arbitrary<unknown>) => odd(fc.dictionary(name, value, { maxKeys: 5 }))

const name = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'direct') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', 'upstream', 'A b', '', '1', 'x'.repeat(65)),
  },
)
const duration = oneOf('1ms', '1s', '2m', '12h', '0s', '597h', 5)
const number = odd(fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.constantFrom(1, 2, 256, 1_000)))
const cidr = oneOf(
  '10.0.0.0/8',
  '::1',
  'fd00::/8',
  '192.0.2.7',
  '0.0.0.0/0',
  '198.51.100.0/28',
  '1.2.3.4/33',
  'localhost',
)
const listen = oneOf(
  'http://127.0.0.1:3128',
  'http://[::1]:0',
  'http://0.0.0.0:1',
  'http://localhost:8080',
  'https://a:1',
  'http://a',
)
const pattern = oneOf(
  '*',
  'a.example',
  '*.example',
  '.b.example',
  '{a,b}.c',
  '10.0.0.0/8',
  '*:443',
  '/^a/',
  'a..b',
  '[::1]:80',
  'ad?[a-c]*',
)
const hop = oneOf(
  ...[
    'socks5h://127.0.0.1:9050',
    'socks5://a.example',
    'socks4a://u@a.example',
    'socks4://192.0.2.1',
    'https://b.example:443',
  ],
  ...[
    `http://me:${PASSWORD}@proxy.example:3128`,
    `socks5h://me:${PASSWORD}@a.example:1`,
    'http://[2001:db8::1]:80',
    'ftp://a',
    'http://a:0',
  ],
)
const fields = odd(
  fc.dictionary(fc.constantFrom('X-A', 'Authorization', 'Via', 'a b', 'Cookie'), oneOf('b', KEY, 'a\nb', ''), {
    maxKeys: 2,
  }),
)
const headers = {
  profile: oneOf('off', 'standard', 'strict', 'paranoid'),
  keep: some(oneOf('Cookie', 'sec-ch-*', 'Host', 'x')),
  remove: some(oneOf('Referer', 'user-*', 'Connection')),
  set: fields,
}
const ports = odd(
  fc.oneof(fc.constant('any'), fc.array(oneOf(443, '80', '8000-8100', '9-1', 0, 65_536), { maxLength: 3 })),
)
const isolate = oneOf('site', 'client', 'user', 'site+client')
const upstream = odd(
  fc.oneof(
    fc.record(
      {
        url: hop,
        tor: fc.boolean(),
        ca: oneOf('ca.pem'),
        isolate,
        check: section({ every: duration, target: oneOf('a:1', 'a') }),
      },
      { requiredKeys: ['url'] },
    ),
    fc.record({ chain: some(hop) }),
    fc.record(
      {
        group: oneOf('first', 'random', 'sticky'),
        members: some(name, 4),
        by: oneOf('client', 'site'),
        lifetime: duration,
      },
      { requiredKeys: ['group', 'members'] },
    ),
  ),
)
const route = odd(
  fc.record(
    { match: some(pattern), via: odd(name), anonymous: fc.boolean(), isolate },
    { requiredKeys: ['match', 'via'] },
  ),
)
const list = section({
  url: oneOf('https://lists.example/a', `https://l.example/a?key=${KEY}`, 'ftp://a'),
  action: oneOf('allow', 'block'),
  scope: oneOf('exact', 'suffix'),
  refresh: duration,
  maxShrink: oneOf(0.5, 2),
  sha256: oneOf('a'.repeat(64), 'z'),
})
const dns = section({
  mode: oneOf('system', 'doh', 'upstream'),
  servers: some(oneOf('192.0.2.53', '[::1]:53', '192.0.2.53:0')),
  timeout: duration,
  doh: section({
    url: oneOf('https://dns.example/q', 'https://192.0.2.1/', 'http://a'),
    bootstrap: some(oneOf('192.0.2.53', 'a')),
  }),
  fallback: oneOf('none', 'system'),
})
const LIMITS = [
  'connections',
  'perClient',
  'tunnels',
  'headBytes',
  'headFields',
  'uriBytes',
  'bodyMinRate',
  'dnsQueries',
]
const TIMES = ['headTimeout', 'connectTimeout', 'bodyTimeout', 'idleTimeout', 'drainTimeout', 'connectionLifetime']

const document = fc.record(
  {
    listen: some(listen),
    clients: section({ allow: some(cidr) }),
    workers: oneOf(1, 'auto', 256, 257),
    rules: section({
      files: some(
        odd(
          fc.oneof(
            fc.constantFrom('a.rules', '/b', '-'),
            fc.record({ path: fc.constant('c'), action: oneOf('allow', 'block') }),
          ),
        ),
      ),
      lists: named(list),
      default: oneOf('allow', 'block'),
      scope: oneOf('exact', 'suffix'),
      blockStatus: oneOf(403, 451, 404),
      report: odd(fc.boolean()),
    }),
    headers: section({ ...headers, perHost: some(section({ match: some(pattern), ...headers })) }),
    egress: section({
      guard: section({ allow: some(cidr), deny: some(cidr) }),
      connectPorts: ports,
      httpPorts: ports,
      addresses: some(cidr),
      dns,
    }),
    upstreams: named(upstream),
    route: some(route, 4),
    limits: section({
      ...Object.fromEntries(LIMITS.map((key) => [key, number])),
      ...Object.fromEntries(TIMES.map((key) => [key, duration])),
    }),
    watch: odd(fc.boolean()),
    cache: oneOf('off', '~/x', '/c', 'c'),
    control: oneOf('off', 'auto', 'c.sock'),
    admin: odd(
      fc.oneof(
        fc.constant('off'),
        fc.record({ listen, hosts: some(oneOf('a.example', 'a b')) }, { requiredKeys: ['listen'] }),
      ),
    ),
    blockPage: section({ title: oneOf('No', 'a: b # c', "it's", '- x', '\u2028'), contact: oneOf('', 'yes', '123') }),
    log: section({
      level: oneOf('info', 'debug'),
      access: section({ file: oneOf('-', 'off', 'a.log'), format: oneOf('json', 'squid') }),
    }),
  },
  { requiredKeys: [] },
)

const written = fc
  .tuple(document, fc.constantFrom('block', 'flow', 'json'))
  .map(([value, form]) =>
    form === 'json' ? JSON.stringify(value) : stringify(value, { collectionStyle: form === 'flow' ? 'flow' : 'block' }),
  )
const mark = fc.constantFrom(
  ...[
    '\n',
    '\n\n',
    ' ',
    '  ',
    '\t',
    '\r',
    ':',
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '#',
    ' #',
    '|',
    '>',
    '|-\n',
  ],
  ...[
    '&a ',
    '*a',
    '*b',
    '!',
    '!!str ',
    '!!binary ',
    '%',
    '@',
    '`',
    '? ',
    '---\n',
    '...\n',
    '<<: *a\n',
    '~',
    '\uFEFF',
    '\u0000',
  ],
  ...[
    '__proto__: 1\n',
    'constructor: {}\n',
    '[[[[',
    'listen: &a [*a]\n',
    '\\',
    '\\x',
    '"\\u"',
    '0o7',
    '.inf',
    '2001-01-01',
  ],
)
const edits = fc.array(fc.record({ at: fc.nat(3_000), removes: fc.constantFrom(0, 0, 1, 3, 20), inserts: mark }), {
  maxLength: 4,
})
const edited = fc.tuple(written, edits).map(([text, list]) =>
  list.reduce((before, { at, removes, inserts }) => {
    const place = at % (before.length + 1)
    return before.slice(0, place) + inserts + before.slice(place + removes)
  }, text),
)
const multiplied = fc
  .tuple(mark, mark, fc.constantFrom('', 'listen: ', 'upstreams:\n  '), fc.constantFrom(2, 50, 300, 3_000))
  .map(([a, b, before, count]) => before + (a + b).repeat(count))

// Whatever is written: a configuration that can serve and says the same when printed, or every fault with its place and mending.
test(
  'any text is a configuration or is refused with its faults',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          { weight: 6, arbitrary: written },
          { weight: 3, arbitrary: edited },
          { weight: 1, arbitrary: multiplied },
        ),
        async (text) => {
          await judge(configuration, Buffer.from(text), '')
        },
      ),
      { numRuns },
    )
  },
  PATIENCE_MS,
)

const layer = fc.array(fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 12 })

// However groups name each other, their check comes to an end.
test(
  'any graph of groups is judged',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(layer, { minLength: 1, maxLength: 12 }), fc.nat(9), async (layers, anonymous) => {
        const upstreams: Record<string, unknown> = { u: { url: 'socks5h://127.0.0.1:9050' } }
        let below = ['u']
        for (const [depth, groups] of layers.entries()) {
          const names = groups.map((_, i) => `g${depth}-${i}`)
          for (const [i, members] of groups.entries()) {
            upstreams[`g${depth}-${i}`] = { group: 'first', members: members.map((at) => below[at % below.length]) }
          }
          below = names
        }
        const text = JSON.stringify({ upstreams, route: [{ match: ['*'], via: below[0], anonymous: anonymous > 5 }] })
        expect(await judge(configuration, Buffer.from(text), '')).toBeTypeOf('boolean')
      }),
      { numRuns },
    )
  },
  PATIENCE_MS,
)
