import { describe, expect, test } from 'vitest'
import { importSquid } from '../../../src/import/squid.js'
import { fileOf, findIn, ruleLines, skippedLines } from '../../helpers/imported-rules.js'

describe('importSquid', () => {
  test('a configuration with lists of domains', () => {
    const imported = importSquid(
      [
        fileOf(
          'squid.conf',
          'http_port 3128',
          'acl localnet src 10.0.0.0/8',
          'acl good dstdomain shop.ads.example',
          'acl bad dstdomain "/etc/squid/blocked.txt"',
          'acl unused dstdomain .u.example',
          'http_access allow good',
          'http_access deny bad',
          'http_access allow localnet',
          'http_access deny all',
          'refresh_pattern . 0 20% 4320',
          'refresh_pattern ^ftp: 1440 20% 10080',
        ),
      ],
      findIn(fileOf('/etc/squid/blocked.txt', '.ads.example # ads', 'x.example')),
    )
    expect(ruleLines(imported)).toEqual([
      'allow shop.ads.example # acl good',
      'block .ads.example # ads',
      'block x.example',
    ])
    expect(imported.skipped.map(({ line, text, count }) => `${line}: ${text} ${count}`).toSorted()).toEqual(
      ['10: refresh_pattern 2', '1: http_port 1', '2: acl localnet src 10.0.0.0/8 1', '5: acl unused 1'].toSorted(),
    )
  })

  test('what is denied above an allow beats it', () => {
    const imported = importSquid(
      [
        fileOf(
          'squid.conf',
          'acl good dstdomain .good.example',
          'acl bad dstdomain bad.good.example .other.example',
          'http_access deny bad',
          'http_access allow good',
          'http_access deny all',
        ),
      ],
      findIn(),
    )
    expect(ruleLines(imported)).toEqual([
      'default block',
      'block! bad.good.example # acl bad',
      'block .other.example # acl bad',
      'allow .good.example # acl good',
    ])
  })

  test('a list of domains alone blocks', () => {
    const imported = importSquid(
      [fileOf('blocked.acl', '# comment', '.a.example # why', 'b.example', 'a..b')],
      findIn(),
    )
    expect(ruleLines(imported)).toEqual(['block .a.example # why', 'block b.example'])
    expect(skippedLines(imported.skipped)).toEqual(['4: a..b'])
    expect(imported.defaultAction).toBeUndefined()
  })
})
