import { describe, expect, test } from 'vitest'
import {
  authorityOf,
  BROWSERS,
  connectHead,
  EXCHANGE_KINDS,
  PLANTED_ADDRESS,
  plantedInResponse,
  requestHead,
} from '../../../src/leaktest/browsers.js'
import { fieldLines } from '../../../src/leaktest/field-lines.js'
import { FIELD_ITEMS } from '../../../src/leaktest/items.js'

const asked = { authority: 'a.example:81', token: 'lt00' }
const every = BROWSERS.flatMap((browser) => EXCHANGE_KINDS.map((kind) => [browser, kind] as const))

describe.each(every)('%s, %s', (browser, kind) => {
  const head = requestHead(browser, { ...asked, kind })
  const lines = fieldLines(head)

  test('is one whole head to the proxy, or to the origin inside a tunnel', () => {
    const target = kind === 'tunnel' ? '/page?' : 'http://a.example:81/page?'
    expect(head.startsWith(`GET ${target}`)).toBe(true)
    expect(head.indexOf('\r\n\r\n')).toBe(head.length - 4)
    expect(lines.filter(({ name }) => name === 'host').map(({ value }) => value)).toEqual(['a.example:81'])
    const upgrades = lines.filter(({ name }) => name === 'upgrade').map(({ value }) => value)
    expect(upgrades).toEqual(kind === 'websocket' ? ['websocket'] : [])
  })

  test('names the page that led there to a third party alone', () => {
    expect(lines.some(({ name }) => name === 'referer')).toBe(kind === 'third-party')
  })
})

test('every item that fields carry is sent or planted by somebody', () => {
  const sent = every
    .flatMap(([browser, kind]) => fieldLines(requestHead(browser, { ...asked, kind })))
    .map(({ name }) => name)
  const planted = plantedInResponse('lt00').map(([name]) => name.toLowerCase())
  for (const { id, side, fields } of FIELD_ITEMS) {
    const there = side === 'request' ? sent : planted
    expect([id, fields.filter((name) => !there.includes(name))]).toEqual([id, []])
  }
})

test('what the request for a tunnel tells holds the token or the planted address', () => {
  const [, ...told] = fieldLines(connectHead({ ...asked, kind: 'tunnel' }))
  expect(told.length).toBeGreaterThan(2)
  for (const { value } of told) expect(value.includes('lt00') || value === PLANTED_ADDRESS).toBe(true)
})

test('an address of IPv6 stands in brackets', () => {
  expect([authorityOf('::1', 80), authorityOf('a.example', 81)]).toEqual(['[::1]:80', 'a.example:81'])
})
