import { describe, expect, test } from 'vitest'
import { parseDnsmasq } from '../../../../src/rules/formats/dnsmasq.js'
import { shown } from './lines.js'

describe('dnsmasq options', () => {
  test.each([
    ['address=/a.example/0.0.0.0', '.a.example'],
    ['address=/a.example/::', '.a.example'],
    ['address=/a.example/#', '.a.example'],
    ['address=/a.example/', '.a.example'],
    ['address=/a.example/b.example/127.0.0.1', '.a.example .b.example'],
    ['address=/.a.example/0.0.0.0', '.a.example'],
    ['address=/*.a.example/0.0.0.0', '.a.example'],
    ['server=/a.example/', '.a.example'],
    ['server=/a.example/127.0.0.1', '.a.example'],
    ['local=/a.example/', '.a.example'],
    ['server=/a.example/192.0.2.1', 'skipped: dnsmasq line that resolves'],
    ['server=/a.example/#', 'skipped: dnsmasq line that resolves'],
    ['address=/a.example/192.0.2.1', 'skipped: dnsmasq line that resolves'],
    ['server=192.0.2.1', 'skipped: dnsmasq option'],
    ['bogus-nxdomain=192.0.2.1', 'skipped: dnsmasq option'],
    ['address=/a..b/#', 'problem 10: invalid-name'],
    ['address=/a.example/b..c/#', '.a.example problem 20'],
    ['a.example', 'not this format'],
  ])('%s → %s', (line, expected) => {
    expect(shown(parseDnsmasq(line))).toBe(expected)
  })
})
