import { describe, expect, test } from 'vitest'
import { DEFAULT_CONFIG } from '../../../src/config/config.js'
import type { JsonSchema } from '../../../src/config/document-grammar.js'
import { parseConfig } from '../../../src/config/parse.js'
import { MASK, printConfig, printDefaults } from '../../../src/config/print.js'
import { FILE_SCHEMA_JSON } from '../../../src/config/schema.js'
import { mergeSettings } from '../../../src/config/settings.js'

const read = (text: string) => mergeSettings(parseConfig(text, { file: 'printed.yaml', directory: '/etc/veilgate' }))

describe('printDefaults', () => {
  test('reads back to the defaults', () => {
    expect(read(printDefaults())).toEqual(DEFAULT_CONFIG)
  })

  test('names every key and says of each what it means', () => {
    const text = printDefaults()
    for (const { key, description } of keysOf(FILE_SCHEMA_JSON)) {
      expect(text).toMatch(new RegExp(`^ *(# )?${key}:`, 'm'))
      expect(description).toBeTruthy()
      expect(text).toContain(`# ${description}`)
    }
  })

  test('stays a configuration when every key behind # is given its example', () => {
    const text = printDefaults()
      .replace('clients: {}', 'clients:')
      .replace('doh: {}', 'doh:')
      // a service makes sense in its mode alone
      .replace('mode: system', 'mode: doh')
      .replaceAll(/^( *)# (\w+: .*)$/gm, (line, indent, pair) =>
        /^(allow|files|default|url|bootstrap|ca):/.test(pair) ? `${indent}${pair}` : line,
      )
    expect(read(text)).toMatchObject({
      clients: { allow: ['127.0.0.0/8', '::1'] },
      rules: { files: [{ name: 'my.rules' }], default: 'allow' },
      egress: { dns: { doh: { url: 'https://dns.example/dns-query', bootstrap: ['192.0.2.53', '2001:db8::53'] } } },
    })
  })
})

describe('printConfig', () => {
  const config = mergeSettings({
    listen: ['http://[::1]:8080'],
    clients: { allow: ['10.0.0.0/8'] },
    rules: {
      files: [
        { name: 'a.rules', path: '/srv/a.rules', action: 'block' },
        { name: 'b.rules', path: '/srv/b.rules', action: 'allow' },
      ],
      lists: {
        ads: {
          url: 'https://lists.test/a?x=1',
          action: 'block',
          maxBytes: 5_000,
          maxShrink: 0.2,
          refreshMs: 43_200_000,
        },
        ok: {
          url: 'http://lists.test/b',
          action: 'allow',
          scope: 'suffix',
          maxBytes: 67_108_864,
          maxShrink: 0.5,
          sha256: 'a'.repeat(64),
          ca: '/srv/ca.pem',
        },
      },
      default: 'block',
    },
    control: '/run/vg.sock',
    egress: {
      connectPorts: [[1, 65535]],
      httpPorts: [[8000, 8100]],
      addresses: ['192.0.2.7', '2001:db8::/64'],
      dns: {
        mode: 'doh',
        servers: ['[::1]:53'],
        timeoutMs: 1_500,
        fallback: 'system',
        doh: { url: 'https://dns.test/dns-query', bootstrap: ['192.0.2.53'], ca: '/srv/dns.pem' },
      },
    },
    limits: { idleTimeoutMs: 90_000 },
    blockPage: { title: 'No: "that" # page', contact: 'yes' },
    log: { access: { file: '/var/log/a.log', format: 'squid' } },
  })

  test('is a file that reads back to the same configuration', () => {
    const files = config.rules.files.map((file) => ({ ...file, name: file.path }))
    expect(read(printConfig(config))).toEqual({ ...config, rules: { ...config.rules, files } })
  })

  test('reads back what must not share an identity', () => {
    const text = `upstreams: { t: { url: "socks5h://127.0.0.1:9050", isolate: site+client } }
egress: { addresses: [192.0.2.7] }
route: [{ match: [a.test], via: t }, { match: ["*"], via: direct, isolate: client }]`
    expect(read(printConfig(read(text)))).toEqual(read(text))
  })

  test('reads back the defaults too', () => {
    expect(read(printConfig(DEFAULT_CONFIG))).toEqual(DEFAULT_CONFIG)
  })

  test.each(['authorization', 'cookie', 'x-api-key', 'x-access-token'])('masks the value of the field %s', (name) => {
    const text = printConfig(mergeSettings({ headers: { set: { [name]: 'hunter2', dnt: '1' } } }))
    expect(text).not.toContain('hunter2')
    expect(text).toContain(`${name}: ${MASK}`)
    expect(text).toContain('dnt: "1"')
  })

  test('masks them in entries for some hosts too, and reads the rest of these back', () => {
    const perHost = [{ match: ['.a.test'], profile: 'strict' as const, set: { authorization: 'hunter2' } }]
    const text = printConfig(mergeSettings({ headers: { perHost } }))
    expect(text).not.toContain('hunter2')
    expect(read(text).headers?.perHost).toEqual([{ ...perHost[0], set: { authorization: MASK } }])
  })

  test('masks what lets in to a list', () => {
    const url = 'https://me:hunter2@lists.test/a?list=ads&api_key=hunter2&token=hunter2#x'
    const text = printConfig(mergeSettings({ rules: { lists: { ads: { url } } } }))
    expect(text).not.toContain('hunter2')
    expect(text).toContain(`https://me:<redacted>@lists.test/a?list=ads&api_key=${MASK}&token=${MASK}`)
  })

  test('says that the proxy is open, which no key does', () => {
    expect(printConfig(mergeSettings({ open: true }))).toMatch(/^# started with --open/)
  })
})

function keysOf({
  properties = {},
}: JsonSchema): readonly { readonly key: string; readonly description: string | undefined }[] {
  return Object.entries(properties).flatMap(([key, schema]) => [
    { key, description: schema.description },
    ...keysOf(schema),
  ])
}
