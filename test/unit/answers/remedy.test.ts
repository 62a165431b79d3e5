import { describe, expect, test } from 'vitest'
import { remedyFor } from '../../../src/answers/remedy.js'
import { blockingRule, refusalOf } from './refusals.js'

describe('remedy', () => {
  test.each([
    ['block', 'allow ads.example.test'],
    ['block!', 'allow! ads.example.test'],
    ['default', 'allow ads.example.test'],
  ] as const)('a rule of level %s is beaten by: %s', (level, expected) => {
    expect(remedyFor(refusalOf({ rule: { ...blockingRule, level } }))).toEqual({ kind: 'rule', text: expected })
  })

  test('a block by an unwritten default is beaten by an allow', () => {
    expect(remedyFor(refusalOf({ rule: null }))?.text).toBe('allow ads.example.test')
  })

  test.each([
    ['VG_ADDRESS_PROHIBITED', 'absolute', '--allow-private'],
    ['VG_PORT_REFUSED', 'authority', '--connect-ports'],
    ['VG_PORT_REFUSED', 'absolute', '--http-ports'],
    ['VG_CLIENT_REFUSED', 'absolute', '--clients'],
  ] as const)('%s of a target in %s-form is opened by an option, never by a rule: %s', (code, form, option) => {
    const remedy = remedyFor(refusalOf({ code, form, rule: null }))
    expect(remedy?.kind).toBe('option')
    expect(remedy?.text).toContain(option)
  })

  test('an address is opened by an option that is ready to paste', () => {
    const refusal = refusalOf({ code: 'VG_ADDRESS_PROHIBITED', rule: null, host: '192.168.1.1' })
    expect(remedyFor(refusal)?.text).toContain('--allow-private=192.168.1.1 ')
  })

  test('what no route leads to is opened by the configuration, .onion by an upstream that is marked', () => {
    const text = (code: 'VG_NO_ROUTE' | 'VG_ONION_UNREACHABLE', host: string) =>
      remedyFor(refusalOf({ code, rule: null, host }))?.text
    expect(text('VG_NO_ROUTE', 'a.test')).toContain('route: [{ match: ["a.test"], via: ')
    expect(text('VG_ONION_UNREACHABLE', 'a.onion')).toContain('tor: true')
  })

  test.each(['VG_DNS_ERROR', 'VG_REQUEST_MALFORMED', 'VG_INTERNAL'] as const)(
    'nothing to write helps against %s',
    (code) => {
      expect(remedyFor(refusalOf({ code }))).toBeNull()
    },
  )

  test('without a host there is no line to write', () => {
    expect(remedyFor(refusalOf({ host: '' }))).toBeNull()
  })
})
