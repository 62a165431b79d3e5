import { describe, expect, test } from 'vitest'
import { parseClash } from '../../../../src/rules/formats/clash.js'
import { shown } from './lines.js'

describe('clash, mihomo and surge rules', () => {
  test.each([
    ['payload:', 'blank'],
    ['DOMAIN,a.example', 'a.example'],
    ['DOMAIN-SUFFIX,a.example', '.a.example'],
    ['DOMAIN-SUFFIX, .a.example', '.a.example'],
    ['DOMAIN-KEYWORD,ads', 'glob(*ads*)'],
    ['DOMAIN-WILDCARD,ad?.*.example', 'glob(ad?.*.example)'],
    ['DOMAIN-REGEX,^ads[0-9]', '/^ads[0-9]/'],
    ['HOST-SUFFIX,a.example,reject', 'block .a.example'],
    ['IP-CIDR,192.0.2.0/24,no-resolve', '192.0.2.0/24'],
    ['IP-CIDR6,2001:db8::/32', '2001:db8::/32'],
    ['DOMAIN,a.example,REJECT', 'block a.example'],
    ['IP-CIDR,192.0.2.0/24,REJECT-DROP,no-resolve', 'block 192.0.2.0/24'],
    ['DOMAIN,a.example,DIRECT', 'skipped: clash policy that routes'],
    ['  - DOMAIN-SUFFIX,a.example', 'not this format'],
    ['- DOMAIN-SUFFIX,a.example', '.a.example'],
    ["- '+.a.example'", '.a.example'],
    ["- '.a.example'", '*.a.example'],
    ['- "*.a.example"', '?.a.example'],
    ['- a.example', 'a.example'],
    ["- '192.0.2.0/24'", '192.0.2.0/24'],
    ['GEOIP,CN', 'skipped: clash GEOIP'],
    ['PROCESS-NAME,curl', 'skipped: clash PROCESS-NAME'],
    ['MATCH,REJECT', 'skipped: clash MATCH'],
    ['IP-CIDR,192.0.2.0', '192.0.2.0/32'],
    ['IP-CIDR,nowhere', 'problem 9: syntax'],
    ['- name: x', 'problem 3: syntax'],
    ['a.example', 'not this format'],
    ['Dear reader, hello', 'not this format'],
  ])('%s → %s', (line, expected) => {
    expect(shown(parseClash(line))).toBe(expected)
  })
})
