import { describe, expect, test } from 'vitest'
import { DEFAULT_CONFIG } from '../../../src/config/config.js'
import { mergeSettings, refuseOpenProxy } from '../../../src/config/settings.js'
import { InputError } from '../../../src/errors.js'

describe('mergeSettings', () => {
  test('gives the defaults for nothing', () => {
    expect(mergeSettings()).toEqual(DEFAULT_CONFIG)
    expect(mergeSettings({}, { limits: {} })).toEqual(DEFAULT_CONFIG)
  })

  test('merges sections key by key, a later layer over an earlier one', () => {
    const config = mergeSettings({ limits: { headBytes: 2_000, headFields: 20 } }, { limits: { headBytes: 3_000 } })
    expect(config.limits).toEqual({ ...DEFAULT_CONFIG.limits, headBytes: 3_000, headFields: 20 })
  })

  test('replaces lists whole', () => {
    const layers = [{ listen: ['http://127.0.0.1:1', 'http://127.0.0.1:2'] }, { listen: ['http://127.0.0.1:3'] }]
    expect(mergeSettings(...layers).listen).toEqual(['http://127.0.0.1:3'])
  })

  test('takes undefined for silence', () => {
    expect(mergeSettings({ log: { level: 'debug' } }, { log: { level: undefined } }).log.level).toBe('debug')
    expect(mergeSettings({ log: { level: 'debug' } }, { log: undefined }).log.level).toBe('debug')
  })

  test('changes neither a layer nor the defaults', () => {
    const before = structuredClone(DEFAULT_CONFIG)
    mergeSettings({ headers: { set: { a: 'b' } } }, { headers: { set: { c: 'd' } } })
    expect(DEFAULT_CONFIG).toEqual(before)
  })
})

describe('refuseOpenProxy', () => {
  const exposed = mergeSettings({ listen: ['http://127.0.0.1:3128', 'http://0.0.0.0:3128'] })

  test('refuses an address that other machines reach when nothing says who may use it', () => {
    expect(() => refuseOpenProxy(exposed)).toThrow(InputError)
    expect(() => refuseOpenProxy(exposed)).toThrow(/http:\/\/0\.0\.0\.0:3128.*--clients.*--open/)
  })

  test.each([
    ['only this machine reaches it', mergeSettings()],
    ['clients are named', mergeSettings(exposed, { clients: { allow: ['192.168.0.0/16'] } })],
    ['it is opened on purpose', mergeSettings(exposed, { open: true })],
  ])('says nothing where %s', (_, config) => {
    expect(() => refuseOpenProxy(config)).not.toThrow()
  })
})
