import { describe, expect, test } from 'vitest'
import { readClashRule } from '../../../src/import/clash-rule.js'
import { printPattern } from '../../../src/import/print-pattern.js'

const PLACE = { file: 'f', line: 1 }
const actionOf = (policy: string) => (policy === '' || policy === 'REJECT' ? 'block' : 'allow')

function shown(text: string): string {
  const read = readClashRule(text, PLACE, actionOf)
  if ('reason' in read) return `? ${read.reason}`
  return read.drafts.map(({ action, pattern }) => `${action} ${printPattern(pattern)?.join(' ')}`).join(', ')
}

describe('readClashRule', () => {
  test.each([
    ['DOMAIN,a.example,REJECT', 'block a.example'],
    ['DOMAIN-SUFFIX,a.example,DIRECT', 'allow .a.example'],
    ['DOMAIN-KEYWORD,ads,REJECT', 'block *ads*'],
    ['DOMAIN-WILDCARD,ad?.example,REJECT', 'block ad?.example'],
    ['DOMAIN-REGEX,^ads[0-9],REJECT', 'block /^ads[0-9]/'],
    ['IP-CIDR,192.0.2.0/24,REJECT,no-resolve', 'block 192.0.2.0/24'],
    ['IP-CIDR6,2001:db8::/32,Proxy', 'allow 2001:db8::/32'],
    ['DOMAIN-SUFFIX, a.example , REJECT', 'block .a.example'],
    ['DOMAIN,a.example', 'block a.example'],
    ['DST-PORT,25,REJECT', 'block *:25'],
    ['DST-PORT,25/110-111,REJECT', 'block *:25, block *:110, block *:111'],
    ['DST-PORT,1-65535,REJECT', '? so many ports are a matter of --connect-ports and --http-ports'],
    ['DST-PORT,x,REJECT', '? so many ports are a matter of --connect-ports and --http-ports'],
    ['IP-CIDR,192.0.2.0/24,REJECT,src', '? asks for the client; policy by client comes later'],
    ['SRC-IP-CIDR,192.0.2.0/24,REJECT', '? asks for the client; policy by client comes later'],
    ['PROCESS-NAME,curl,REJECT', '? asks for the client; policy by client comes later'],
    ['AND,((DOMAIN,a),(NETWORK,UDP)),REJECT', '? joins conditions, for which rules have no form'],
    ['NETWORK,udp,REJECT', '? asks for what a proxy for HTTP does not see'],
    ['DOMAIN,a.example,PASS', '? goes on to other rules, which has no form here'],
    ['NEWTYPE,a', '? the rule type NEWTYPE is not known here'],
  ])('%s → %s', (text, expected) => {
    expect(shown(text)).toBe(expected)
  })

  test('says what a list could do in place of a database', () => {
    expect(shown('GEOIP,CN,DIRECT')).toMatch(/^\? needs a database/)
  })

  test('says what is wrong with a value', () => {
    expect(shown('IP-CIDR,nowhere,REJECT')).toMatch(/^\? .*no range of addresses/)
  })
})
