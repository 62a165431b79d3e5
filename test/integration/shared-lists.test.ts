import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../src/compile-rules.js'
import type { RuleSet, RuleSource } from '../../src/rules/rule.js'

const LISTS = join(import.meta.dirname, '../../../shared/lists')
const present = existsSync(LISTS)
if (!present) console.warn(`skipped: real published lists are not at ${LISTS}`)

const scope = 'suffix'

function read(path: string, more: Partial<RuleSource> = {}): RuleSet {
  return compileRules([{ name: path, text: readFileSync(join(LISTS, path), 'utf8'), ...more }])
}

function namesIn(path: string): string[] {
  return readFileSync(join(LISTS, path), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^[a-z0-9]/.test(line))
}

function asked(set: RuleSet, hosts: readonly string[]): string[] {
  return hosts.filter((host) => set.decide({ host, port: 443, family: 0, path: undefined }).action === 'block')
}

/** One name in `step`, which keeps a run short and is the same in every run. */
function sample(names: readonly string[], step: number): string[] {
  return names.filter((_, i) => i % step === 0)
}

describe.skipIf(!present)('one list in several formats', () => {
  const exact = {
    'same-adaway': ['adaway.domains.txt', 'adaway.hosts.txt'],
    'same-1hosts-lite': ['domains.txt', 'hosts.txt'],
  }
  const suffix = {
    'same-adaway': ['adaway.adblock.txt', 'adaway.dnsmasq.txt', 'adaway.unbound.conf', 'adaway.wildcard.txt'],
    'same-1hosts-lite': ['adblock.txt', 'dnsmasq.conf', 'wildcards.txt'],
  }

  describe.each(['same-adaway', 'same-1hosts-lite'] as const)('%s', (folder) => {
    const [first = ''] = exact[folder]
    const names = present ? namesIn(`${folder}/${first}`) : []
    const below = sample(names, 7).map((name) => `x.${name}`)
    const others = sample(names, 7).map((name) => `not-${name}`)

    test('formats that list exact names block exactly the same', () => {
      for (const file of exact[folder]) {
        const set = read(`${folder}/${file}`)
        expect(set.size, file).toBe(names.length)
        expect(asked(set, names), file).toHaveLength(names.length)
      }
      const [one, two] = exact[folder].map((file) => read(`${folder}/${file}`))
      if (one === undefined || two === undefined) throw new Error('two formats expected')
      expect(asked(one, below)).toEqual(asked(two, below))
      expect(asked(one, others)).toEqual(asked(two, others))
    })

    test('formats that list suffixes block every listed name and all below it, the same', () => {
      const sets = suffix[folder].map((file) => read(`${folder}/${file}`, { scope }))
      const [one] = sets
      if (one === undefined) throw new Error('formats expected')
      for (const [i, set] of sets.entries()) {
        const file = suffix[folder][i]
        expect(set.size, file).toBe(one.size)
        expect(asked(set, names), file).toHaveLength(names.length)
        expect(asked(set, below), file).toHaveLength(below.length)
        expect(asked(set, others), file).toEqual(asked(one, others))
      }
    })

    test('a wildcard list read without scope suffix leaves out the apexes it names', () => {
      const wildcard = suffix[folder].at(-1) ?? ''
      const apexes = readFileSync(join(LISTS, folder, wildcard), 'utf8').match(/(?<=^\*\.).*$/gm) ?? []
      const set = read(`${folder}/${wildcard}`)
      expect(
        asked(
          set,
          apexes.map((apex) => `x.${apex}`),
        ),
      ).toHaveLength(apexes.length)
      expect(asked(set, sample(apexes, 50)).length).toBeLessThan(sample(apexes, 50).length / 2)
    })
  })

  test('the names of AntiMalwareDomains and AntiMalwareHosts get the same decision', () => {
    const folder = 'same-adfilt-antimalware'
    const names = namesIn(`${folder}/AntiMalwareDomains.txt`).filter((name) => /[a-z]$/.test(name))
    const domains = asked(read(`${folder}/AntiMalwareDomains.txt`), names)
    const hosts = asked(read(`${folder}/AntiMalwareHosts.txt`), names)
    // the hosts file was generated from the same list with a few dozen lines less
    expect(domains.filter((name) => !hosts.includes(name)).length).toBeLessThan(names.length / 100)
  })
})

/** Folders whose files are lists of rules; the others hold configurations and data of other kinds. */
const RULE_FOLDERS = [
  'adblock',
  'dnsmasq',
  'domains',
  'geosite',
  'hosts',
  'ip',
  'rpz',
  'same-1hosts-lite',
  'same-adaway',
  'same-adfilt-antimalware',
  'urls',
  'wildcard',
]
/** Catalogues and licences among them. */
const NO_LISTS = /LICENSE|ut1-global_usage/

describe.skipIf(!present)('every published list', () => {
  const files = present
    ? RULE_FOLDERS.flatMap((folder) => readdirSync(join(LISTS, folder)).map((file) => `${folder}/${file}`)).filter(
        (path) => !NO_LISTS.test(path) && statSync(join(LISTS, path)).isFile(),
      )
    : []

  test.each(files)('%s loads, with every line accounted for', (path) => {
    const text = readFileSync(join(LISTS, path), 'utf8')
    const set = compileRules([{ name: path, text }])
    const [counts] = set.counts
    const written = text.split('\n').filter((line) => !/^[\s\uFEFF]*(?:$|[#!;]|\[)/.test(line)).length
    const skipped = Object.values(counts?.skipped ?? {}).reduce((sum, count) => sum + count, 0)
    // one line can hold several names, `payload:` and its kin hold none
    expect(set.size + skipped).toBeGreaterThanOrEqual(written - 2)
    // what lists for browsers say of pages and paths is not for a proxy: the share of rules is then smaller
    const share = /adblock\/easy|ABP|urlhaus|Privoxy|category-ads/.test(path) ? 0.3 : 0.9
    expect(set.size / written).toBeGreaterThan(share)
  })
})
