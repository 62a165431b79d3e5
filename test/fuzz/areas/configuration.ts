import { expect } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import type { Config } from '../../../src/config/config.js'
import { parseConfig } from '../../../src/config/parse.js'
import { printConfig } from '../../../src/config/print.js'
import { mergeSettings, refuseOpenProxy } from '../../../src/config/settings.js'
import { InputError } from '../../../src/errors.js'
import { compilePolicy } from '../../../src/pipeline/compile-policy.js'
import { pathsOf } from '../../../src/policy/routing-graph.js'
import type { Area } from './area.js'

/** Who reads a message or what `config print` prints must not learn it from a URL. */
export const PASSWORD = 'zq7secret'
/** Who reads what is printed must not learn it from a field, or from the query of a list. */
export const KEY = 'zq8secret'

const SLIPS = /undefined|\[object |stack size/
const PLACE = { file: 'f.yaml', directory: '/d' }
const HIDDEN = /<masked>|<redacted>/
const RULES = compileRules([{ name: 'r', text: 'block a.example' }])
const KEYS_OF_ALL_OBJECTS = Object.getOwnPropertyNames(Object.prototype)

/**
 * A text is a configuration, or refused with where, what and how to mend it, without its secrets. A configuration
 * compiles into a policy whose routes lead somewhere, and says the same when it was printed and read again.
 */
export const configuration: Area = {
  name: 'configuration',
  reads(input) {
    const text = input.toString('utf8')
    const isSecret = (secret: string, ...places: readonly string[]) =>
      !places.reduce((rest, place) => rest.replaceAll(place, ''), text).includes(secret)
    const hidesPassword = isSecret(PASSWORD, `://me:${PASSWORD}@`)
    const config = readConfig(text, hidesPassword ? PASSWORD : 'undefined')
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(KEYS_OF_ALL_OBJECTS)
    if (config === undefined) return false
    compilePolicy(config, RULES, { listening: [], localAddresses: [] })
    for (const i of config.route.keys()) expect(pathsOf(config, i).length).toBeGreaterThan(0)
    const printed = printConfig(config)
    if (hidesPassword) expect(printed).not.toContain(PASSWORD)
    if (isSecret(KEY, `?key=${KEY}`, `Authorization: ${KEY}`)) expect(printed).not.toContain(KEY)
    expectSame(config, printed)
    return isClosed(config)
  },
}

function readConfig(text: string, secret: string): Config | undefined {
  try {
    return mergeSettings(parseConfig(text, PLACE))
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    expect(error.problems.length).toBeGreaterThan(0)
    const lines = text.split(/\r\n?|\n/).length
    for (const { file, line, column, message, fix } of error.problems) {
      expect(file).toBe(PLACE.file)
      expect(line).toBeGreaterThanOrEqual(1)
      expect(line).toBeLessThanOrEqual(lines)
      expect(column).toBeGreaterThanOrEqual(1)
      expect(message).toMatch(/\w/)
      expect(fix).toMatch(/\w/)
      expect(`${message} ${fix}`).not.toMatch(SLIPS)
      expect(message).not.toContain(secret)
    }
    return undefined
  }
}

function expectSame(config: Config, printed: string): void {
  const again = mergeSettings(parseConfig(printed, PLACE))
  expect(printConfig(again)).toBe(printed)
  if (!HIDDEN.test(printed)) expect(placed(again)).toEqual(placed(config))
}

/** Paths that were relative are printed as what they mean. */
function placed(config: Config): Config {
  return { ...config, rules: { ...config.rules, files: config.rules.files.map((file) => ({ ...file, name: '' })) } }
}

function isClosed(config: Config): boolean {
  try {
    refuseOpenProxy(config)
    return true
  } catch (error) {
    if (error instanceof InputError) return false
    throw error
  }
}
