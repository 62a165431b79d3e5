import { describe, expect, test } from 'vitest'
import { importClash } from '../../../src/import/clash.js'
import { fileOf, findIn, ruleLines, skippedLines } from '../../helpers/imported-rules.js'

const config = (...lines: readonly string[]) => fileOf('config.yaml', 'rules:', ...lines.map((line) => `  - ${line}`))

describe('importClash', () => {
  test('keeps the first match: what is allowed above a block lifts it', () => {
    const imported = importClash(
      [
        config(
          'DOMAIN,x.ads.example,Proxy',
          'DOMAIN-SUFFIX,ads.example,REJECT-DROP',
          'DOMAIN-SUFFIX,example.org,DIRECT',
          'GEOIP,CN,DIRECT',
          'MATCH,Proxy',
          'DOMAIN,late.example,REJECT',
        ),
      ],
      findIn(),
    )
    expect(ruleLines(imported)).toEqual(['allow x.ads.example', 'block .ads.example'])
    expect(skippedLines(imported.skipped).toSorted()).toEqual([
      '4: DOMAIN-SUFFIX,example.org,DIRECT',
      '5: GEOIP,CN,DIRECT',
      '7: DOMAIN,late.example,REJECT',
    ])
    expect(imported.defaultAction).toBe('allow')
  })

  test('MATCH,REJECT blocks the rest, and what is blocked above an allow beats it', () => {
    const imported = importClash(
      [config('DOMAIN,x.example,REJECT', 'DOMAIN-SUFFIX,example,DIRECT', 'MATCH,REJECT')],
      findIn(),
    )
    expect(ruleLines(imported)).toEqual(['default block', 'block! x.example', 'allow .example'])
  })

  test('a group does what its first member does', () => {
    const groups = [
      'proxy-groups:',
      '  - { name: Ads, type: select, proxies: [Stop, DIRECT] }',
      '  - { name: Stop, type: select, proxies: [REJECT] }',
      '  - { name: Round, type: select, proxies: [Round] }',
    ]
    const file = fileOf('c.yaml', ...groups, 'rules:', '  - DOMAIN,a.example,Ads', '  - DOMAIN,b.example,Round')
    expect(ruleLines(importClash([file], findIn()))).toEqual(['block a.example'])
  })

  test('rule sets are read where they are, subscribed to where they are not', () => {
    const file = fileOf(
      'c.yaml',
      'rule-providers:',
      '  ads: { type: file, behavior: domain, path: ./ads.yaml }',
      '  inline: { type: inline, behavior: classical, payload: ["DOMAIN,i.example"] }',
      '  web: { type: http, behavior: domain, url: "https://lists.example/web.yaml" }',
      '  direct: { type: http, behavior: domain, url: "https://lists.example/direct.yaml" }',
      '  binary: { type: http, behavior: domain, url: "https://lists.example/x.mrs" }',
      'rules:',
      '  - RULE-SET,direct,DIRECT',
      '  - RULE-SET,ads,REJECT',
      '  - RULE-SET,inline,REJECT',
      '  - RULE-SET,web,REJECT',
      '  - RULE-SET,binary,REJECT',
      '  - RULE-SET,gone,REJECT',
    )
    const imported = importClash([file], findIn(fileOf('./ads.yaml', 'payload:', "  - '+.a.example'")))
    expect(ruleLines(imported)).toEqual(['block .a.example', 'block i.example'])
    expect(imported.lists).toEqual([{ url: 'https://lists.example/web.yaml', action: 'block', title: 'web' }])
    expect(skippedLines(imported.skipped).toSorted()).toEqual([
      '12: RULE-SET,binary,REJECT',
      '13: RULE-SET,gone,REJECT',
      '8: RULE-SET,direct,DIRECT',
    ])
  })

  test('providers alone block', () => {
    const imported = importClash([fileOf('p.yaml', 'payload:', "  - '+.a.example'")], findIn())
    expect(ruleLines(imported)).toEqual(['block .a.example'])
    expect(imported.defaultAction).toBeUndefined()
  })

  test('a text that is no YAML is one thing skipped', () => {
    expect(importClash([fileOf('c.yaml', 'rules: [', ' a: b')], findIn()).skipped).toMatchObject([{ text: 'YAML' }])
  })
})
