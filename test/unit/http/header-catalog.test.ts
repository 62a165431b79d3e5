import { describe, expect, test } from 'vitest'
import { UNTOUCHABLE } from '../../../src/http/field-table.js'
import { HEADER_CATALOG } from '../../../src/http/header-catalog.js'
import { forwardRequest, forwardResponse } from '../../helpers/forward-head.js'

const rows = HEADER_CATALOG.map(({ name, group, source }) => ({ name, group, source, sent: name.replace('*', 'Any') }))

describe('the catalogue', () => {
  test('has each name once, in lower case, as a token, with where it comes from', () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
    for (const { name, source } of rows) {
      expect(name).toMatch(/^[a-z0-9_-]+\*?$/)
      expect(source).toMatch(/\S{3}/)
      expect(UNTOUCHABLE.has(name)).toBe(false)
    }
  })

  test.each(rows.filter(({ group }) => group !== 'response'))('$name leaves requests in standard only', ({ sent }) => {
    const head = `GET http://o.test/ HTTP/1.1\r\nHost: o.test\r\n${sent.toUpperCase()}: x\r\n`
    expect(forwardRequest(head)).toMatchObject({ lines: ['Host: o.test'], removed: [sent.toUpperCase()] })
    expect(forwardRequest(head, { profile: 'off' }).lines).toContain(`${sent.toUpperCase()}: x`)
    expect(forwardRequest(head, { keep: [sent] }).lines).toContain(`${sent.toUpperCase()}: x`)
  })

  test.each(rows.filter(({ group }) => group === 'response'))('$name leaves responses in standard only', ({ sent }) => {
    const head = `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${sent}: x\r\n`
    expect(forwardResponse(head).lines).toEqual(['Content-Length: 0'])
    expect(forwardResponse(head, { profile: 'off' }).lines).toContain(`${sent}: x`)
    expect(forwardResponse(head, { keep: [sent.toUpperCase()] }).lines).toContain(`${sent}: x`)
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
  ])('%s stays: sites break without it', (name) => {
    expect(forwardRequest(`GET http://o.test/ HTTP/1.0\r\n${name}: o.test\r\n`).lines).toContain(`${name}: o.test`)
  })
})
