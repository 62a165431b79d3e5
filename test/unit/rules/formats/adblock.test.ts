import { describe, expect, test } from 'vitest'
import { adblockKey, parseAdblock } from '../../../../src/rules/formats/adblock.js'
import { shown } from './lines.js'

describe('adblock rules', () => {
  test.each([
    ['||a.example^', '.a.example'],
    ['||A.Example^|', '.a.example'],
    ['@@||a.example^', 'allow .a.example'],
    ['@@||a.example^|$important', 'allow! .a.example'],
    ['||a.example^$important', '! .a.example'],
    ['||a.example^$all', '.a.example'],
    ['||a.example^$denyallow=b.a.example|c.a.example', '.a.example except b.a.example|c.a.example'],
    ['||a.example^$badfilter', '.a.example'],
    ['||192.0.2.1^', '192.0.2.1/32'],
    ['||a.example:8080^', '.a.example:8080'],
    ['||*.a.example^', '*.a.example'],
    ['||ads.*^', '{glob(ads.*),glob(*.ads.*)}'],
    ['||ads.example', '{glob(ads.example*),glob(*.ads.example*)}'],
    ['||ads*', '{glob(ads*),glob(*.ads*)}'],
    ['|a.example^', 'a.example'],
    ['|a.example|', 'a.example'],
    ['|ads.', 'glob(ads.*)'],
    ['a.example^', 'glob(*a.example)'],
    ['a.example|', 'glob(*a.example)'],
    ['@@a.example', 'allow glob(*a.example*)'],
    ['a.example$important', '! glob(*a.example*)'],
    ['/ads[0-9]+/$important', '! /ads[0-9]+/'],
    ['@@/ads[0-9]+/', 'allow /ads[0-9]+/'],
    ['@@/(?=a)/', 'problem 4: syntax'],
    ['||bücher.example^', '.xn--bcher-kva.example'],
    ['||a.example^$third-party', 'skipped: unknown modifier'],
    ['||a.example^$important,third-party', 'skipped: unknown modifier'],
    ['||a.example^$client=192.0.2.1', 'skipped: unknown modifier'],
    ['||a.example^$dnstype=AAAA', 'skipped: unknown modifier'],
    ['||a.example^$~script', 'skipped: unknown modifier'],
    ['&ad_box=$image', 'skipped: unknown modifier'],
    ['||a.example/banner', 'skipped: adblock pattern for URLs'],
    ['|https://a.example^', 'skipped: adblock pattern for URLs'],
    ['||^', 'skipped: empty adblock pattern'],
    ['||a..b^', 'problem 3: invalid-name'],
    ['a.example', 'not this format'],
    ['||a.example^ b', 'not this format'],
  ])('%s → %s', (line, expected) => {
    expect(shown(parseAdblock(line))).toBe(expected)
  })
})

describe('adblockKey', () => {
  test('is equal for rules that differ in the order of modifiers and in badfilter', () => {
    expect(adblockKey('||a^$important,badfilter,all')).toBe(adblockKey('||a^$all,important'))
    expect(adblockKey('||a^$badfilter')).toBe('||a^')
    expect(adblockKey('||a^$important')).not.toBe('||a^')
  })
})
