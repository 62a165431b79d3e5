import { describe, expect, test } from 'vitest'
import { parseRpz } from '../../../../src/rules/formats/rpz.js'
import { shown } from './lines.js'

describe('response policy zones', () => {
  test.each([
    ['a.example CNAME .', 'a.example'],
    ['a.example. 300 IN CNAME .', 'a.example'],
    ['a.example IN CNAME *.', 'a.example'],
    ['*.a.example CNAME .', '*.a.example'],
    ['a.example CNAME rpz-drop.', 'a.example'],
    ['a.example CNAME rpz-passthru.', 'allow a.example'],
    ['paypal.*.no CNAME .', 'glob(paypal.*.no)'],
    ['192.0.2.1 CNAME .', '192.0.2.1/32'],
    ['a.example A 0.0.0.0', 'a.example'],
    ['32.1.2.0.192.rpz-ip CNAME .', '192.0.2.1/32'],
    ['24.0.2.0.192.rpz-ip CNAME .', '192.0.2.0/24'],
    ['32.zz.db8.2001.rpz-ip CNAME .', '2001:db8::/32'],
    ['128.1.zz.db8.2001.rpz-ip CNAME .', '2001:db8::1/128'],
    ['ns.example.rpz-nsdname CNAME .', 'skipped: RPZ trigger that a proxy cannot see'],
    ['32.1.2.0.192.rpz-client-ip CNAME .', 'skipped: RPZ trigger that a proxy cannot see'],
    ['a.example CNAME b.example.', 'skipped: record that is no RPZ action'],
    ['a.example TXT "x"', 'skipped: record that is no RPZ action'],
    ['$TTL 300', 'skipped: zone file directive'],
    ['$ORIGIN rpz.example.', 'skipped: zone file directive'],
    ['@ SOA localhost. root.localhost. 1 2 3 4 5', 'skipped: zone data'],
    ['@ IN NS localhost.', 'skipped: zone data'],
    ['IN NS localhost.', 'skipped: zone data'],
    ['a..b CNAME .', 'problem 1: invalid-name'],
    ['33.1.2.0.192.rpz-ip CNAME .', 'problem 1: syntax'],
    ['a.example', 'not this format'],
    ['some words here', 'not this format'],
  ])('%s → %s', (line, expected) => {
    expect(shown(parseRpz(line))).toBe(expected)
  })
})
