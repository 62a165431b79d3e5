import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import {
  endedAt,
  hierarchyStatus,
  localTime,
  mediaType,
  peerAddress,
  protocolVersion,
  requestMethod,
  requestStatus,
  requestUrl,
  userName,
} from '../../../../src/observe/formats/squid-fields.js'
import { BLOCKED, recordOf } from '../records.js'

describe('squid fields', () => {
  test.each(['rule', 'default', 'guard', 'port', 'client', 'limit', 'loop'] as const)(
    'a refusal by %s is denied, and nothing was reached though an address was known',
    (reason) => {
      const record = recordOf({ decision: { action: 'block', reason }, status: 403 })
      expect(requestStatus(record)).toBe('TCP_DENIED')
      expect(hierarchyStatus(record)).toBe('HIER_NONE')
      expect(peerAddress(record)).toBe('-')
    },
  )

  test('what a rule would block in report mode went through', () => {
    const record = recordOf({ decision: { action: 'block', reason: 'rule' }, wouldBlock: true })
    expect(requestStatus(record)).toBe('TCP_MISS')
    expect(hierarchyStatus(record)).toBe('HIER_DIRECT')
  })

  test('through an upstream it is a parent, with the address of that', () => {
    const egress = { route: 'tor', ip: '127.0.0.1', peer: '192.0.2.9' }
    const record = recordOf({ egress, target: { ip: null } })
    expect([hierarchyStatus(record), peerAddress(record)]).toEqual(['FIRSTUP_PARENT', '192.0.2.9'])
    const unreached = recordOf({ egress: { ...egress, peer: null }, target: { ip: null } })
    expect([hierarchyStatus(unreached), peerAddress(unreached)]).toEqual(['HIER_NONE', '-'])
  })

  test('report mode does not hide a refusal by the guard', () => {
    expect(requestStatus(recordOf({ decision: { action: 'block', reason: 'guard' }, wouldBlock: true }))).toBe(
      'TCP_DENIED',
    )
  })

  test('a tunnel that the client left is no different from one that ended (as in Squid)', () => {
    const record = recordOf({ method: 'CONNECT', target: { form: 'authority' }, error: 'client_aborted' })
    expect(requestStatus(record)).toBe('TCP_TUNNEL')
  })

  test('the path loses a query that a caller left on it, and is made one word', () => {
    expect(requestUrl(recordOf({ target: { path: '/a b?secret' } }))).toBe('http://127.0.0.1:43080/a%20b?')
    expect(requestUrl(recordOf({ target: { path: '' } }))).toBe('http://127.0.0.1:43080/')
    expect(requestUrl(recordOf({ ...BLOCKED }))).toBe('http://blocked.test/x')
  })

  test('OPTIONS * has the asterisk for its URL', () => {
    expect(requestUrl(recordOf({ target: { form: 'asterisk' } }))).toBe('*')
  })

  test('method, version, user and media type have a stand-in where there is none', () => {
    const record = recordOf({ method: '', contentType: '' })
    expect([requestMethod(record), protocolVersion(record), userName(record), mediaType(record)]).toEqual([
      '-',
      'NONE/0.0',
      '-',
      '-',
    ])
    expect(protocolVersion(recordOf({ httpMinor: 0 }))).toBe('HTTP/1.0')
  })

  test('the time is that of the end', () => {
    expect(endedAt(recordOf({ ts: 1000, ms: { total: 2.6 } }))).toBe(1003)
  })

  test.each([
    ['UTC', '22/Nov/2026:12:00:00 +0000'],
    ['Asia/Kolkata', '22/Nov/2026:17:30:00 +0530'],
    ['America/St_Johns', '22/Nov/2026:08:30:00 -0330'],
  ])('local time in %s is %s', (zone, expected) => {
    const before = process.env.TZ
    try {
      process.env.TZ = zone
      const ms = Date.UTC(2026, 10, 22, 12, 0, 0)
      localTime(0) // another second, so that the one kept is made again
      expect(localTime(ms + 999)).toBe(expected)
      const date = execFileSync('date', ['-d', `@${ms / 1000}`, '+%d/%b/%Y:%H:%M:%S %z'], {
        env: { TZ: zone, LC_ALL: 'C' },
      })
      expect(date.toString().trim()).toBe(expected)
    } finally {
      if (before === undefined) delete process.env.TZ
      else process.env.TZ = before
    }
  })
})
