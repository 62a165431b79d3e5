import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../../src/config/document-grammar.js'
import { parseConfig } from '../../../src/config/parse.js'
import { FILE_SCHEMA_JSON } from '../../../src/config/schema.js'
import { InputError } from '../../../src/errors.js'

const parse = (text: string) => parseConfig(text, { file: 'c.yaml', directory: '/etc/veilgate' })

/** The faults of a text, one a line. */
function faultsOf(text: string): string {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
  return 'no fault'
}

/** For each key: a value and what it becomes, then a value that is refused, and why. */
const KEYS: readonly (readonly [
  key: string,
  value: string,
  setting: string,
  becomes: unknown,
  wrong: string,
  why: string,
])[] = [
  [
    'listen',
    '["http://127.0.0.1:0"]',
    'listen',
    ['http://127.0.0.1:0'],
    '[127.0.0.1]',
    'not a listen address; write http://',
  ],
  ['clients.allow', '[10.0.0.0/8]', 'clients.allow', ['10.0.0.0/8'], '[10.0.0.0/33]', '"10.0.0.0/33" is no range'],
  ['workers', '4', 'workers', 4, '0', '0 is no number of processes; write 1 to 256, or auto'],
  [
    'rules.files',
    '[a.rules]',
    'rules.files',
    [{ name: 'a.rules', path: '/etc/veilgate/a.rules', action: 'block' }],
    '[5]',
    'not a rule file',
  ],
  [
    'rules.lists',
    '{ ads: { url: "https://lists.test/a", refresh: 12h } }',
    'rules.lists',
    {
      ads: {
        url: 'https://lists.test/a',
        action: 'block',
        refreshMs: 43_200_000,
        maxBytes: 67_108_864,
        maxShrink: 0.5,
        ca: undefined,
      },
    },
    '["https://lists.test/a"]',
    'not a map of lists; write { ads: { url: https://HOST/PATH } }',
  ],
  ['rules.default', 'block', 'rules.default', 'block', 'deny', '"deny" is not possible here; write allow, block'],
  ['rules.scope', 'suffix', 'rules.scope', 'suffix', 'all', '"all" is not possible here; write exact, suffix'],
  ['rules.blockStatus', '451', 'rules.blockStatus', 451, '404', '404 is not possible here; write 403 or 451'],
  ['rules.report', 'true', 'rules.report', true, '"yes"', '"yes" is neither true nor false'],
  [
    'headers.profile',
    'paranoid',
    'headers.profile',
    'paranoid',
    'none',
    '"none" is not possible here; write off, standard, strict, paranoid',
  ],
  ['headers.keep', '[X-Client-Data]', 'headers.keep', ['x-client-data'], '["a b"]', '"a b" is no field name'],
  ['headers.remove', '[X-Mine]', 'headers.remove', ['x-mine'], '[Host]', 'the proxy writes host itself; take it out'],
  ['headers.set', '{ DNT: "1" }', 'headers.set', { DNT: '1' }, '{ DNT: "a\\r\\nb" }', 'cannot hold control characters'],
  [
    'headers.perHost',
    '[{ match: [.a.test, "10.0.0.0/8"], profile: strict, keep: [X-A], remove: [X-B], set: { X-C: d } }, { match: [b.test] }]',
    'headers.perHost',
    [
      { match: ['.a.test', '10.0.0.0/8'], profile: 'strict', keep: ['x-a'], remove: ['x-b'], set: { 'X-C': 'd' } },
      { match: ['b.test'] },
    ],
    '{ a.test: strict }',
    'a map where a list of entries belongs; write { match: [.example.com], profile: strict }',
  ],
  [
    'egress.guard.allow',
    '["fd00::/8"]',
    'egress.guard.allow',
    ['fd00::/8'],
    'fd00',
    'the string "fd00" where a list of address ranges belongs',
  ],
  [
    'egress.guard.deny',
    '[192.0.2.1]',
    'egress.guard.deny',
    ['192.0.2.1'],
    '[example]',
    '"example" is no range of addresses',
  ],
  [
    'egress.connectPorts',
    '[443, 8000-8100]',
    'egress.connectPorts',
    [
      [443, 443],
      [8000, 8100],
    ],
    '[70000]',
    '70000 is no port',
  ],
  ['egress.httpPorts', 'any', 'egress.httpPorts', [[1, 65535]], 'all', 'not a list of ports'],
  [
    'egress.addresses',
    '[192.0.2.7, "2001:db8:1::/64"]',
    'egress.addresses',
    ['192.0.2.7', '2001:db8:1::/64'],
    '[eth0]',
    '"eth0" is nothing to connect from; write an address of this machine',
  ],
  [
    'egress.dns.mode',
    'upstream',
    'egress.dns.mode',
    'upstream',
    'none',
    'not possible here; write system, doh, upstream',
  ],
  [
    'egress.dns.servers',
    '["[::1]:53", 192.0.2.53]',
    'egress.dns.servers',
    ['[::1]:53', '192.0.2.53'],
    '[dns.example]',
    'no address of a name server',
  ],
  [
    'egress.dns.timeout',
    '2s',
    'egress.dns.timeoutMs',
    2_000,
    '2',
    'the number 2 where text belongs; write a number and a unit',
  ],
  [
    'egress.dns.doh.url',
    'https://dns.test/dns-query',
    'egress.dns.doh.url',
    'https://dns.test/dns-query',
    'dns.test',
    '"dns.test": no https:// URL; write the URL of a DNS over HTTPS service',
  ],
  [
    'egress.dns.doh.bootstrap',
    '[192.0.2.53]',
    'egress.dns.doh.bootstrap',
    ['192.0.2.53'],
    '[dns.test]',
    '"dns.test" is no address',
  ],
  ['egress.dns.doh.ca', 'dns.pem', 'egress.dns.doh.ca', '/etc/veilgate/dns.pem', '""', 'an empty path'],
  ['egress.dns.fallback', 'system', 'egress.dns.fallback', 'system', 'dns', '"dns" is not possible here; write none'],
  ['upstreams', '{}', 'upstreams', {}, '[]', 'not a map of upstreams; write { NAME: { url:'],
  [
    'route',
    '[{ match: ["*"], via: direct }]',
    'route',
    [{ match: ['*'], via: 'direct', anonymous: false }],
    'direct',
    'where a list of routes belongs; write [{ match: ["*"], via: NAME }]',
  ],
  ['limits.connections', '10', 'limits.connections', 10, '0', '0 is no number from 1 to 1000000'],
  ['limits.perClient', '10', 'limits.perClient', 10, '1.5', '1.5 is no number from'],
  ['limits.tunnels', '10', 'limits.tunnels', 10, '0', '0 is no number from 1 to 1000000'],
  ['limits.tunnelsPerClient', '10', 'limits.tunnelsPerClient', 10, '"10"', '"10" is no number from'],
  ['limits.headBytes', '8192', 'limits.headBytes', 8_192, '64', '64 is no number from 1024'],
  ['limits.headFields', '100', 'limits.headFields', 100, '1', '1 is no number from 16'],
  ['limits.uriBytes', '4096', 'limits.uriBytes', 4_096, '16k', '"16k" is no number from 256'],
  ['limits.headTimeout', '5s', 'limits.headTimeoutMs', 5_000, '0s', '"0s" is no duration'],
  ['limits.connectTimeout', '500ms', 'limits.connectTimeoutMs', 500, '5 s', '"5 s" is no duration'],
  ['limits.bodyTimeout', '20s', 'limits.bodyTimeoutMs', 20_000, '', 'nothing where text belongs'],
  ['limits.bodyMinRate', '0', 'limits.bodyMinRate', 0, '-1', '-1 is no number from 0'],
  ['limits.responseTimeout', '2m', 'limits.responseTimeoutMs', 120_000, 'never', '"never" is no duration'],
  ['limits.idleTimeout', '1h', 'limits.idleTimeoutMs', 3_600_000, '1d', '"1d" is no duration'],
  ['limits.tunnelIdleTimeout', '1h', 'limits.tunnelIdleTimeoutMs', 3_600_000, '9999h', '"9999h" is no duration'],
  ['limits.connectionLifetime', '12h', 'limits.connectionLifetimeMs', 43_200_000, '1d', '"1d" is no duration'],
  ['limits.requestsPerConnection', '100', 'limits.requestsPerConnection', 100, '0', '0 is no number from 1'],
  ['limits.bufferBytes', '8192', 'limits.bufferBytes', 8_192, '100', '100 is no number from 4096'],
  ['limits.pendingDialsPerOrigin', '5', 'limits.pendingDialsPerOrigin', 5, '0', '0 is no number from 1'],
  ['limits.dnsQueries', '5', 'limits.dnsQueries', 5, 'many', '"many" is no number from 1'],
  ['limits.drainTimeout', '5m', 'limits.drainTimeoutMs', 300_000, '0', 'the number 0 where text belongs'],
  ['watch', 'true', 'watch', true, 'maybe', '"maybe" is neither true nor false'],
  ['cache', '~/veilgate', 'cache', '~/veilgate', '5', 'the number 5 where text belongs'],
  ['control', 'vg.sock', 'control', '/etc/veilgate/vg.sock', '5', 'the number 5 where text belongs'],
  [
    'admin',
    '{ listen: "http://127.0.0.1:9090", hosts: [vg.example] }',
    'admin',
    { listen: 'http://127.0.0.1:9090', hosts: ['vg.example'] },
    '{ listen: "ftp://127.0.0.1" }',
    'veilgate has no ftp listener',
  ],
  ['blockPage.title', 'No', 'blockPage.title', 'No', '5', 'the number 5 where text belongs'],
  [
    'blockPage.contact',
    'Ann, room 5',
    'blockPage.contact',
    'Ann, room 5',
    '"a\\nb"',
    'control characters or line ends',
  ],
  ['log.level', 'debug', 'log.level', 'debug', 'loud', '"loud" is not possible here; write error, warn, info, debug'],
  ['log.access.file', 'a.log', 'log.access.file', '/etc/veilgate/a.log', '""', 'an empty path'],
  ['log.access.format', 'squid', 'log.access.format', 'squid', 'clf', '"clf" is not possible here; write pretty, json'],
]

/** What a key makes sense only with. */
const BESIDE: Readonly<Record<string, string>> = {
  'egress.dns.doh.url': '\n      bootstrap: [192.0.2.53]\n    mode: doh',
  'egress.dns.doh.bootstrap': '\n      url: https://dns.test/\n    mode: doh',
  'egress.dns.doh.ca': '\n      url: https://192.0.2.53/\n    mode: doh',
  'egress.dns.fallback': '\n    mode: doh\n    doh: { url: https://192.0.2.53/ }',
}

describe('every key of the file', () => {
  test('stands in the table below', () => {
    expect(KEYS.map(([key]) => key)).toEqual(leaves(FILE_SCHEMA_JSON, ''))
  })

  test.each(KEYS)('%s: %s is read', (key, value, setting, becomes) => {
    expect(
      setting
        .split('.')
        .reduce(
          (at: unknown, part) => (at as Record<string, unknown>)[part],
          parse(`${nested(key, value)}${BESIDE[key] ?? ''}`),
        ),
    ).toEqual(becomes)
  })

  test.each(KEYS)('%s: a wrong value is refused where it stands', (key, _value, _setting, _becomes, wrong, why) => {
    const depth = key.split('.').length
    const text = `${nested(key, wrong)}${BESIDE[key] ?? ''}`
    expect(faultsOf(text)).toMatch(new RegExp(`^c\\.yaml:${depth}:\\d+: ${key.replaceAll('.', '\\.')}`))
    expect(faultsOf(text)).toContain(why)
  })

  test.each(KEYS)('%s: an empty value is refused', (key) => {
    expect(faultsOf(nested(key, ''))).toMatch(/^c\.yaml:\d+:\d+: .+; .+/)
  })
})

describe('places', () => {
  test.each([
    ['a key', 'log: {}\nlisen: []\n', 'c.yaml:2:1: lisen: unknown key; did you mean listen?'],
    [
      'a nested key',
      'limits:\n  headTimeout: 5s\n  headTimeuot: 5s\n',
      'c.yaml:3:3: limits.headTimeuot: unknown key; did you mean headTimeout?',
    ],
    ['a value', 'limits:\n  headTimeout:   5\n', 'c.yaml:2:18: limits.headTimeout: the number 5'],
    [
      'an item of a list',
      'clients:\n  allow:\n    - 10.0.0.0/8\n    - nonsense\n',
      'c.yaml:4:7: clients.allow.2: "nonsense"',
    ],
    [
      'a value behind an alias',
      'egress:\n  guard: { allow: &a [x], deny: *a }\n',
      'c.yaml:2:23: egress.guard.allow.1: "x"',
    ],
    ['JSON with tabs', '{\n\t"limits": {\n\t\t"headBytes": "x"\n\t}\n}\n', 'c.yaml:3:16: limits.headBytes: "x"'],
    ['a file with CRLF', 'log: {}\r\nlisen: []\r\n', 'c.yaml:2:1: lisen'],
    ['a file with a byte order mark', '\uFEFFlisen: []\n', 'c.yaml:1:'],
  ])('are those of %s', (_, text, fault) => {
    expect(faultsOf(text)).toContain(fault)
  })

  test('are in the order of the file, every fault named', () => {
    expect(faultsOf('log: { level: 1 }\nrules: { default: 2 }\nlisten: 3\n').match(/^c\.yaml:\d/gm)).toEqual([
      'c.yaml:1',
      'c.yaml:2',
      'c.yaml:3',
    ])
  })
})

describe('text that is no configuration', () => {
  test.each([
    ['an empty file', '', '1:1: no configuration in this file'],
    ['only a comment', '# later\n', '1:1: no configuration in this file'],
    ['a list', '- listen\n', '1:1: not a map of keys to values'],
    ['a word', 'listen\n', '1:1: not a map of keys to values'],
    ['a key twice', 'log: {}\nlog: {}\n', '2:1: this key stands here twice; keep one'],
    ['a tab', 'log:\n\tlevel: info\n', '2:1: a tab as indentation; YAML wants spaces'],
    ['two documents', 'log: {}\n---\nlog: {}\n', '2:1: a second document begins here'],
    ['a tag', 'log: !secret {}\n', '1:6: Unresolved tag: !secret; write the plain value'],
    ['a list that does not end', 'listen: [a\n', '2:1: Flow sequence'],
    ['text that does not end', 'blockPage: { title: "a\n', ': Missing closing "quote'],
    ['an alias to nothing', 'listen: *a\n', '1:9: this alias cannot be followed'],
    [
      'a merge key',
      'log: &a { level: info }\nrules:\n  <<: *a\n',
      '3:3: rules.<<: merge keys are not read; write the keys out',
    ],
    ['a map as a key', '? { a: 1 }\n: 2\n', '1:3: this key is not text'],
    ['the prototype', 'headers: { set: { __proto__: x } }\n', '1:19: __proto__: unknown key'],
    ['a section without keys', 'limits:\n', '1:8: limits: a map of keys belongs here'],
    ['a value for a section', 'limits: none\n', '1:9: limits: a map of keys belongs here'],
  ])('%s is refused', (_, text, fault) => {
    expect(faultsOf(text)).toContain(`c.yaml:${fault.startsWith(':') ? '' : fault}`)
    expect(faultsOf(text)).toContain(fault)
  })

  test('a document that multiplies itself ends before it has grown', () => {
    const bomb = Array.from(
      { length: 20 },
      (_, i) => `k${i}: &a${i} [${`*a${i - 1},`.repeat(i === 0 ? 0 : 10)}x]`,
    ).join('\n')
    expect(faultsOf(bomb)).toMatch(/^c\.yaml:2:\d+: this alias cannot be followed \(Excessive alias count/)
  })
})

describe('an entry of headers.perHost', () => {
  test.each([
    ['{ match: [] }', 'headers.perHost.1.match: names no host; write at least one'],
    ['{ match: [a..b] }', 'headers.perHost.1.match.1: `a..b` is not a valid host name'],
    ['{ match: [a.test/path] }', 'headers.perHost.1.match.1: `a.test/path` has a path; write the host alone'],
    ['{ match: ["http://a.test/**"] }', 'has a path; write the host alone'],
    ['{ match: [a.test], profile: loud }', '"loud" is not possible here; write off, standard, strict, paranoid'],
    ['{ match: [a.test], remove: [Host] }', 'the proxy writes host itself; take it out'],
    ['{ match: [a.test], perHost: [] }', 'headers.perHost.1.perHost: unknown key'],
    ['{ profile: strict }', 'headers.perHost.1.match: nothing where a list of hosts belongs'],
    ['strict', 'headers.perHost.1'],
  ])('%s is refused: %s', (entry, fault) => {
    expect(faultsOf(`headers: { perHost: [${entry}] }`)).toContain(fault)
  })
})

describe('what later versions bring', () => {
  test.each([
    ['listen: [https://127.0.0.1:3129]', 'this version has no https listener yet'],
    ['listen: [socks5://127.0.0.1:1080]', 'this version has no socks5 listener yet'],
    ['listen: [mixed://127.0.0.1:1080]', 'this version has no mixed listener yet'],
  ])('%s is refused and said to come', (text, fault) => {
    expect(faultsOf(text)).toContain(fault)
  })
})

describe('DNS over HTTPS', () => {
  const dns = (text: string) => `egress: { dns: { ${text} } }`
  const url = 'url: https://dns.test/dns-query'

  test('is a service with the addresses of its host', () => {
    const text = dns(
      `mode: doh, doh: { ${url}, bootstrap: [192.0.2.53, "2001:db8::53"], ca: ca.pem }, fallback: system`,
    )
    expect(parse(text).egress?.dns).toEqual({
      mode: 'doh',
      doh: { url: 'https://dns.test/dns-query', bootstrap: ['192.0.2.53', '2001:db8::53'], ca: '/etc/veilgate/ca.pem' },
      fallback: 'system',
      timeoutMs: undefined,
    })
  })

  test.each(['https://192.0.2.53/dns-query', 'https://[2001:db8::53]:8443/'])('%s needs no bootstrap', (service) => {
    expect(parse(dns(`mode: doh, doh: { url: "${service}" }`)).egress?.dns?.doh?.url).toBe(service)
  })

  test.each([
    ['mode: doh', 'egress.dns.mode: the mode doh needs a service; write doh: { url: https://HOST/dns-query'],
    [
      `mode: doh, doh: { ${url} }`,
      'egress.dns.doh.url: the host of the service is never looked up; write its addresses',
    ],
    [`doh: { ${url} }`, 'egress.dns.doh: only the mode doh asks this service; write mode: doh, or take doh out'],
    ['fallback: system', 'egress.dns.fallback: only the mode doh falls back; write mode: doh'],
    [
      'mode: doh, doh: { url: http://dns.test/ }',
      '"http://dns.test/": no https:// URL; write the URL of a DNS over HTTPS',
    ],
    ['mode: doh, doh: { url: "https://dns.test/q{?dns}" }', 'a template; take {?dns} out'],
    ['mode: doh, doh: { url: "https://me:secret@dns.test/" }', 'a user has no place in it'],
    ['mode: doh, doh: { url: "https://dns.test/#x" }', 'a fragment has no place in it'],
    [`mode: doh, doh: { ${url}, bootstrap: [] }`, 'egress.dns.doh.bootstrap: no address; write at least one'],
    [
      `mode: doh, doh: { ${url}, bootstrap: [dns.test] }`,
      'egress.dns.doh.bootstrap.1: "dns.test" is no address; write',
    ],
    [`mode: doh, doh: { ${url}, bootstrap: ["192.0.2.53:53"] }`, '"192.0.2.53:53" is no address'],
    [`mode: doh, doh: { ${url}, ca: "" }`, 'egress.dns.doh.ca: an empty path'],
    ['mode: doh, fallback: dns', 'egress.dns.fallback: "dns" is not possible here; write none, system'],
  ])('%s is refused', (text, fault) => {
    expect(faultsOf(dns(text))).toContain(fault)
    expect(faultsOf(dns(text))).not.toContain('secret')
  })
})

describe('egress addresses', () => {
  test.each(['0.0.0.0', '224.0.0.1', '255.255.255.255', '::', 'ff02::1', '10.0.0.0/33', 'fe80::1%eth0'])(
    '%s is nothing to connect from',
    (address) => {
      expect(faultsOf(`egress: { addresses: ["${address}"] }`)).toContain('is nothing to connect from')
    },
  )
})

describe('a list', () => {
  const faultOf = (list: string, name = 'ads') => faultsOf(`rules:\n  lists:\n    ${name}: ${list}\n`)
  const url = 'url: "https://lists.test/a"'

  test('may say all that there is to say', () => {
    const sha256 = 'AB'.repeat(32)
    const all = `${url}, action: allow, scope: suffix, refresh: 1m, maxBytes: 1024, maxShrink: 1, sha256: ${sha256}, ca: ca.pem`
    expect(parse(`rules: { lists: { b: { ${all} }, a: { ${url} } } }`).rules?.lists?.b).toEqual({
      url: 'https://lists.test/a',
      action: 'allow',
      scope: 'suffix',
      refreshMs: 60_000,
      maxBytes: 1_024,
      maxShrink: 1,
      sha256: sha256.toLowerCase(),
      ca: '/etc/veilgate/ca.pem',
    })
  })

  test.each([
    ['{}', ':3:10: rules.lists.ads.url: nothing where text belongs; write { url: https://HOST/PATH }'],
    ['https://lists.test/a', ':3:10: rules.lists.ads: '],
    ['{ url: lists.test }', ':3:17: rules.lists.ads.url: "lists.test" is no URL of a list; write https://HOST/PATH'],
    ['{ url: "ftp://me:hunter2@lists.test/" }', 'ftp://me:<redacted>@lists.test/'],
    [`{ ${url}, action: deny }`, '"deny" is not possible here; write block, allow'],
    [`{ ${url}, scope: all }`, '"all" is not possible here; write exact, suffix'],
    [`{ ${url}, refresh: 30s }`, 'more often than once a minute; write 1m or more'],
    [`{ ${url}, refresh: daily }`, '"daily" is no duration'],
    [`{ ${url}, maxBytes: 10 }`, '10 is no number from 1024'],
    [`{ ${url}, maxShrink: 50 }`, '50 is no share; write a number from 0 (none) to 1 (all)'],
    [`{ ${url}, maxShrink: half }`, '"half" is no share'],
    [`{ ${url}, sha256: abc }`, 'not a SHA-256; write its 64 hexadecimal digits in quotes'],
    [`{ ${url}, ca: "" }`, 'an empty path; write the path of a PEM file'],
    [`{ ${url}, refrsh: 1h }`, 'rules.lists.ads.refrsh: unknown key; did you mean refresh?'],
  ])('%s: %s', (list, fault) => {
    expect(faultOf(list)).toContain(fault)
    expect(faultOf(list)).not.toContain('hunter2')
  })

  test.each(['"../x"', 'a.b', '""'])('is not named %s', (name) => {
    expect(faultOf(`{ ${url} }`, name)).toMatch(/^c\.yaml:3:5: rules\.lists\..*is no name of a list; write letters/)
  })
})

describe('details', () => {
  test('a rule file may turn its bare patterns round', () => {
    expect(parse('rules: { files: [{ path: ok.rules, action: allow }, { path: /abs.rules }] }').rules?.files).toEqual([
      { name: 'ok.rules', path: '/etc/veilgate/ok.rules', action: 'allow' },
      { name: '/abs.rules', path: '/abs.rules', action: 'block' },
    ])
  })

  test('workers may be one for each processor', () => {
    expect(parse('workers: auto').workers).toBe('auto')
    expect(faultsOf('workers: many\n')).toContain('"many" is no number of processes')
  })

  test('- and off are no files, auto and off no sockets', () => {
    expect(['auto', 'off', '/run/x'].map((control) => parse(`control: ${control}`).control)).toEqual([
      'auto',
      'off',
      '/run/x',
    ])
    expect(faultsOf('cache: ""')).toContain('cache: an empty path')
    expect(faultsOf('control: ""')).toContain('control: an empty path')
    expect(parse('log: { access: { file: "-" } }').log?.access?.file).toBe('-')
    expect(parse('log: { access: { file: off } }').log?.access?.file).toBe('off')
  })

  test('keys that are not there say nothing', () => {
    expect(JSON.stringify(parse('limits: { headBytes: 2000 }'))).toBe('{"limits":{"headBytes":2000}}')
  })

  test('a password in a listen address is not repeated', () => {
    const faults = faultsOf('listen: ["http://me:hunter2@127.0.0.1:3128"]')
    expect(faults).toContain('http://me:<redacted>@127.0.0.1:3128')
    expect(faults).not.toContain('hunter2')
  })

  test.each(['connection', 'Content-Length', 'HOST', 'transfer-encoding', 'proxy-authorization', 'te', 'upgrade'])(
    'the field %s cannot be set: the proxy writes it',
    (name) => {
      expect(faultsOf(`headers: { set: { ${name}: x } }`)).toContain('the proxy writes')
    },
  )
})

function nested(key: string, value: string): string {
  return key
    .split('.')
    .map((part, depth, parts) => `${'  '.repeat(depth)}${part}:${depth === parts.length - 1 ? ` ${value}` : ''}`)
    .join('\n')
}

function leaves({ properties = {} }: JsonSchema, prefix: string): readonly string[] {
  return Object.entries(properties).flatMap(([key, schema]) =>
    schema.properties === undefined ? [`${prefix}${key}`] : leaves(schema, `${prefix}${key}.`),
  )
}
