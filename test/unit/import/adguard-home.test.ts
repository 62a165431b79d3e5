import { describe, expect, test } from 'vitest'
import { readAdGuardHome } from '../../../src/import/adguard-home.js'
import { fileOf, findIn, ruleLines, skippedLines } from '../../helpers/imported-rules.js'

const CONFIG = fileOf(
  'AdGuardHome.yaml',
  'dns:',
  '  disallowed_clients: [192.0.2.9]',
  'filters:',
  '  - { enabled: true, url: "https://lists.example/ads.txt", name: Ads, id: 1 }',
  '  - { enabled: false, url: "https://lists.example/off.txt", name: Off, id: 2 }',
  '  - { enabled: true, url: /opt/local.txt, name: Local, id: 3 }',
  '  - { enabled: true, url: /opt/gone.txt, name: Gone, id: 4 }',
  'whitelist_filters:',
  '  - { enabled: true, url: "https://lists.example/good.txt", name: Good, id: 5 }',
  '  - { enabled: true, url: /opt/good.txt, name: Mine, id: 6 }',
  'user_rules:',
  '  - "||a.example^"',
  "  - '@@||b.a.example^$important'",
  '  - ""',
  '  - "||c.example^$client=laptop"',
  'filtering:',
  '  rewrites:',
  '    - { domain: nas.example, answer: 192.0.2.2 }',
  '  blocked_services: { schedule: { time_zone: Local }, ids: [youtube, tiktok] }',
  '  safe_search: { enabled: true }',
  '  parental_enabled: false',
  '  safebrowsing_enabled: true',
  'clients:',
  '  persistent:',
  '    - { name: tablet, ids: [192.0.2.3] }',
)

describe('readAdGuardHome', () => {
  const read = readAdGuardHome(
    CONFIG,
    findIn(fileOf('/opt/local.txt', '||d.example^'), fileOf('/opt/good.txt', '||g.example^')),
  )

  test('takes the rules of the user and of local lists', () => {
    expect(ruleLines({ ...read, lists: [] })).toEqual([
      'block .a.example',
      'allow! .b.a.example',
      'block .d.example',
      'allow! .g.example',
    ])
  })

  test('names the lists to subscribe to', () => {
    expect(read.lists).toEqual([
      { url: 'https://lists.example/ads.txt', action: 'block', title: 'Ads' },
      { url: 'https://lists.example/good.txt', action: 'allow', title: 'Good' },
    ])
  })

  test('reports what is no rule, each at its line', () => {
    expect(skippedLines(read.skipped).toSorted()).toEqual(
      [
        '2: 192.0.2.9',
        '5: https://lists.example/off.txt',
        '7: /opt/gone.txt',
        '9: https://lists.example/good.txt',
        '15: ||c.example^$client=laptop',
        '18: nas.example → 192.0.2.2',
        '19: youtube',
        '19: tiktok',
        '20: filtering.safe_search.enabled',
        '22: filtering.safebrowsing_enabled',
        '25: tablet',
      ].toSorted(),
    )
  })

  test('a text that is no YAML is one thing skipped', () => {
    const broken = readAdGuardHome(fileOf('x.yaml', 'a: [1', 'b: 2'), findIn())
    expect(broken).toMatchObject({ rules: [], lists: [], skipped: [{ file: 'x.yaml', text: 'YAML' }] })
  })
})
