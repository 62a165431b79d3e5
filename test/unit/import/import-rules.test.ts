import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { importRules } from '../../../src/import/import-rules.js'
import type { ImportSource } from '../../../src/import/import-sources.js'
import { lintRules } from '../../../src/rules/lint.js'
import { fileOf, findIn, skippedLines } from '../../helpers/imported-rules.js'

/** What each tool would write to block one host and leave the rest. */
const ONE_BLOCK: Record<ImportSource, ReturnType<typeof fileOf>> = {
  squid: fileOf('squid.conf', 'acl bad dstdomain ads.example', 'http_access deny bad', 'http_access allow all'),
  privoxy: fileOf('user.action', '{+block{Ads.}}', 'ads.example'),
  e2guardian: fileOf('bannedsitelist', 'ads.example'),
  adguard: fileOf('filter.txt', '||ads.example^'),
  pihole: fileOf('blacklist.txt', 'ads.example'),
  hosts: fileOf('hosts', '0.0.0.0 ads.example'),
  clash: fileOf('config.yaml', 'rules:', '  - DOMAIN,ads.example,REJECT', '  - MATCH,DIRECT'),
}

describe('importRules', () => {
  test.each(Object.entries(ONE_BLOCK))('%s: the rule file is in order and blocks the host', (source, file) => {
    const { text, blocks, allows, isDefaultBlock, skipped } = importRules(source as ImportSource, [file], findIn())
    expect([blocks, allows, isDefaultBlock, skipped]).toEqual([1, 0, false, []])
    expect(lintRules([{ name: 'out', text }]).filter(({ severity }) => severity === 'error')).toEqual([])
    const set = compileRules([{ name: 'out', text }])
    expect([set.decide('ads.example').action, set.decide('other.example').action]).toEqual(['block', 'allow'])
  })

  test('what was skipped is in the order of files and lines', () => {
    const files = [fileOf('b', '0.0.0.0 a.example', '192.0.2.1 x', '{'), fileOf('a', '192.0.2.2 y')]
    const { skipped } = importRules('hosts', files, findIn())
    expect(skippedLines(skipped)).toEqual(['2: 192.0.2.1 x', '3: {', 'a:1: 192.0.2.2 y'])
  })

  // Formats that veilgate reads by itself: the same hosts get the same decision either way.
  describe('decides as the source itself', () => {
    const hosts = [
      ...['a.example', 'x.a.example', 'b.a.example', 'c.a.example', 'y.c.a.example', 'd.example', 'x.d.example'],
      ...['k.x.d.example', 'ads1.example', 'myads.example', 'f.example', 'x.f.example', 'g.example', '192.0.2.7'],
      ...['198.51.100.1', 'h.example', 'i.h.example', 'j.i.h.example', 'w1.example', 'none.example'],
    ]
    test.each<[ImportSource, readonly string[]]>([
      [
        'adguard',
        [
          '||a.example^',
          '@@||b.a.example^',
          '||c.a.example^$important',
          '@@||y.c.a.example^',
          '||d.example^$denyallow=x.d.example',
          '/^ads[0-9]/',
          '|f.example^',
          'ads',
          '||w*.example^',
          '||gone.example^$third-party',
          '||g.example^',
          '||g.example^$badfilter',
          '192.0.2.7',
        ],
      ],
      ['hosts', ['127.0.0.1 localhost', '0.0.0.0 a.example c.a.example', ':: f.example', '192.0.2.9 g.example']],
      [
        'clash',
        [
          'payload:',
          "  - '+.a.example'",
          "  - '.d.example'",
          "  - '*.h.example'",
          '  - DOMAIN,f.example',
          '  - DOMAIN-KEYWORD,ads',
          '  - DOMAIN-REGEX,^w[0-9]',
          '  - IP-CIDR,192.0.2.0/24,no-resolve',
          '  - GEOIP,CN',
        ],
      ],
      [
        'clash',
        ['rules:', '  - DOMAIN-SUFFIX,a.example,REJECT', '  - DOMAIN,f.example,REJECT-DROP', '  - MATCH,DIRECT'],
      ],
    ])('%s', (source, lines) => {
      const file = fileOf('list', ...lines)
      const direct = compileRules([file])
      const imported = compileRules([{ name: 'out', text: importRules(source, [file], findIn()).text }])
      const blockedBy = (set: typeof direct) => hosts.filter((host) => set.decide(host).action === 'block')
      expect(blockedBy(imported)).toEqual(blockedBy(direct))
      expect(blockedBy(direct).length).toBeGreaterThan(1)
    })
  })
})
