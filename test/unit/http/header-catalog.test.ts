import { describe, expect, test } from 'vitest'
import { UNTOUCHABLE } from '../../../src/http/field-table.js'
import { HEADER_CATALOG } from '../../../src/http/header-catalog.js'
import { forwardRequest, forwardResponse } from '../../helpers/forward-head.js'

const PROFILES = ['off', 'standard', 'strict', 'paranoid'] as const
/** The first profile that takes out the rows of a group. */
const FIRST: Readonly<Record<string, number>> = {
  proxy: 0,
  always: 1,
  carrier: 1,
  standard: 1,
  strict: 2,
  response: 1,
  'strict-response': 2,
}
const rows = HEADER_CATALOG.map((row) => ({ ...row, sent: row.name.replace('*', 'Any') }))
const removed = rows.filter(({ act }) => act === 'removed')
const fromResponses = (group: string) => group.endsWith('response')

describe('the catalogue', () => {
  test('has each name once in each part, in lower case, as a token, with where it comes from', () => {
    const sets = [rows.filter(({ group }) => fromResponses(group)), rows.filter(({ group }) => group === 'allowed')]
    sets.push(rows.filter(({ group }) => !fromResponses(group) && group !== 'allowed'))
    for (const set of sets) expect(new Set(set.map(({ name }) => name)).size).toBe(set.length)
    for (const { name, group, act, source } of rows) {
      expect(name).toMatch(/^[a-z0-9_-]+\*?$/)
      expect(source).toMatch(/\S{3}/)
      expect(act === 'kept').toBe(group === 'allowed')
      if (group !== 'allowed') expect(UNTOUCHABLE.has(name)).toBe(false)
    }
  })

  test.each(removed.filter(({ group }) => !fromResponses(group)))(
    '$name leaves requests from its profile ($group) on',
    ({ sent, group }) => {
      const name = sent.toUpperCase()
      const head = `GET http://o.test/ HTTP/1.1\r\nHost: o.test\r\nUser-Agent: x\r\n${name}: x\r\n`
      for (const [i, profile] of PROFILES.entries()) {
        const isGone = i >= (FIRST[group] ?? 0)
        const { lines, removed: names } = forwardRequest(head, { profile })
        expect(lines.includes(`${name}: x`)).toBe(!isGone)
        expect(names.includes(name)).toBe(isGone)
        expect(forwardRequest(head, { profile, keep: [sent, 'User-Agent'] }).lines).toContain(`${name}: x`)
      }
    },
  )

  test.each(removed.filter(({ group }) => fromResponses(group)))(
    '$name leaves responses from its profile ($group) on',
    ({ sent, group }) => {
      const head = `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${sent}: x\r\n`
      for (const [i, profile] of PROFILES.entries()) {
        const isGone = i >= (FIRST[group] ?? 0)
        expect(forwardResponse(head, { profile }).lines.includes(`${sent}: x`)).toBe(!isGone)
        expect(forwardResponse(head, { profile, keep: [sent.toUpperCase()] }).lines).toContain(`${sent}: x`)
      }
    },
  )

  test.each(rows.filter(({ group }) => group === 'allowed'))('$name passes in paranoid', ({ name, sent }) => {
    const values: Readonly<Record<string, string>> = {
      host: 'o.test',
      'transfer-encoding': 'chunked',
      'accept-language': 'en-US,en;q=0.5',
    }
    const line = `${sent}: ${values[name] ?? '1'}`
    const host = name === 'host' ? '' : 'Host: o.test\r\n'
    const head = `GET http://o.test/ HTTP/1.1\r\n${host}${line}\r\n`
    expect(forwardRequest(head, { profile: 'paranoid' }).lines).toContain(line)
  })

  test.each([
    'Accept',
    'Accept-Language',
    'Authorization',
    'Cookie',
    'DNT',
    'Host',
    'If-None-Match',
    'Origin',
    'Sec-CH-UA',
    'Sec-CH-UA-Mobile',
    'Sec-CH-UA-Platform',
    'Sec-Fetch-Site',
    'Sec-GPC',
    'User-Agent',
    'Range',
  ])('%s stays in standard: sites break without it', (name) => {
    expect(forwardRequest(`GET http://o.test/ HTTP/1.0\r\n${name}: o.test\r\n`).lines).toContain(`${name}: o.test`)
  })

  test.each(['Accept', 'Cookie', 'Origin', 'Sec-Fetch-Site', 'Sec-GPC', 'Range', 'X-CSRF-Token'])(
    '%s stays in strict',
    (name) => {
      const head = `GET http://o.test/ HTTP/1.0\r\n${name}: o.test\r\n`
      expect(forwardRequest(head, { profile: 'strict' }).lines).toContain(`${name}: o.test`)
    },
  )
})
