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

/** Who reads a message or `config print` must not learn it from these places. */
export const SECRET = 'zq7secret'
const PLACES_OF_SECRETS: readonly string[] = [`://me:${SECRET}@`, `?key=${SECRET}`, `Authorization: ${SECRET}`]

const SLIPS = /undefined|\[object |stack size/
const SLIPS_AND_SECRETS = new RegExp(`${SLIPS.source}|${SECRET}`)
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
    const elsewhere = PLACES_OF_SECRETS.reduce((rest, place) => rest.replaceAll(place, ''), text)
    const forbidden = elsewhere.includes(SECRET) ? SLIPS : SLIPS_AND_SECRETS
    const config = readConfig(text, forbidden)
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(KEYS_OF_ALL_OBJECTS)
    if (config === undefined) return false
    compilePolicy(config, RULES, { listening: [], localAddresses: [] })
    for (const i of config.route.keys()) expect(pathsOf(config, i).length).toBeGreaterThan(0)
    expectSameWhenPrinted(config, forbidden)
    return isClosed(config)
  },
}

function readConfig(text: string, forbidden: RegExp): Config | undefined {
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
      expect(`${message} ${fix}`).not.toMatch(forbidden)
    }
    return undefined
  }
}

function expectSameWhenPrinted(config: Config, forbidden: RegExp): void {
  const printed = printConfig(config)
  expect(printed).not.toMatch(forbidden)
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
