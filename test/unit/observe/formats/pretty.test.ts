import { describe, expect, test } from 'vitest'
import { formatPretty } from '../../../../src/observe/formats/pretty.js'
import { BLOCKED, recordOf } from '../records.js'

const plain = { colour: false }
const withoutTime = (line: string): string => line.replace(/^\d\d:\d\d:\d\d /, '')

describe('pretty format', () => {
  test.each([
    ['a forwarded request', recordOf(), 'allow 200 GET 127.0.0.1:43080/a  2 ms  285 B'],
    [
      'a blocked one with its rule',
      recordOf({ ...BLOCKED }),
      'block 403 GET blocked.test:80/x  my.rules:3  2 ms  285 B',
    ],
    [
      'a refusal by the guard',
      recordOf({ decision: { action: 'block', reason: 'guard' }, status: 403, error: 'VG_ADDRESS_PROHIBITED' }),
      'block 403 GET 127.0.0.1:43080/a  guard  2 ms  285 B',
    ],
    [
      'one that left by an upstream',
      recordOf({ egress: { route: 'tor', ip: '127.0.0.1', peer: '192.0.2.9' }, target: { ip: null } }),
      'allow 200 GET 127.0.0.1:43080/a  by tor  2 ms  285 B',
    ],
    [
      'a tunnel',
      recordOf({
        method: 'CONNECT',
        target: { form: 'authority', host: '::1', port: 443, path: '' },
        bytes: { toClient: 1_400_000 },
      }),
      'allow 200 CONNECT [::1]:443  2 ms  1.4 MB',
    ],
    [
      'a failure',
      recordOf({ status: 502, error: 'VG_ORIGIN_REFUSED' }),
      'allow 502 GET 127.0.0.1:43080/a  VG_ORIGIN_REFUSED  2 ms  285 B',
    ],
    [
      'report mode',
      recordOf({ ...BLOCKED, status: 200, wouldBlock: true, error: null }),
      'would-block 200 GET blocked.test:80/x  my.rules:3  2 ms  285 B',
    ],
    [
      'a request that could not be read',
      recordOf({
        method: '',
        target: { form: 'invalid', host: '', path: '' },
        decision: { action: 'block', reason: 'malformed' },
        status: 0,
        bytes: { toClient: 0 },
      }),
      'block --- - -  malformed  2 ms  0 B',
    ],
  ])('%s', (_what, record, expected) => {
    expect(withoutTime(formatPretty(record, plain))).toBe(expected)
  })

  test.each([
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [2_500_000, '2.5 MB'],
    [3_200_000_000, '3.2 GB'],
  ])('%i bytes read as %s', (toClient, expected) => {
    expect(formatPretty(recordOf({ bytes: { toClient } }), plain)).toMatch(new RegExp(`  ${expected}$`))
  })

  test('colour is only what a terminal reads as colour', () => {
    const record = recordOf({ ...BLOCKED })
    const coloured = formatPretty(record, { colour: true })
    expect(coloured).toContain('\x1b[31mblock\x1b[0m')
    expect(coloured.replace(/\p{Cc}\[\d+m/gu, '')).toBe(formatPretty(record, plain))
  })

  test('starts with the local time of the end', () => {
    const record = recordOf()
    const ended = new Date(record.ts + record.ms.total)
    expect(formatPretty(record, plain).startsWith(ended.toTimeString().slice(0, 8))).toBe(true)
  })
})
