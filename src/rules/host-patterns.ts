import { portOf } from './decide.js'
import { type Pattern, type PatternProblem, parsePattern } from './pattern.js'
import type { RuleQuery } from './rule.js'
import { createAddressTable } from './tables/address-table.js'
import { createExactHostTable } from './tables/exact-host-table.js'
import { createGlobTable } from './tables/glob-table.js'
import { createHostSuffixTable } from './tables/host-suffix-table.js'

/**
 * A pattern of a rule that a host and its port decide: name, suffix, glob,
 * address or range; no URL, whose path would have to be asked each time.
 */
export function parseHostPatterns(text: string): readonly Pattern[] | PatternProblem {
  const pattern = parsePattern(text)
  if (pattern.kind === 'problem') return pattern
  const branches = branchesIn(pattern)
  if (!branches.some(({ kind }) => kind === 'url')) return branches
  const message = `\`${text}\` has a path`
  return { kind: 'problem', code: 'syntax', at: 0, message, fix: 'write the host alone, such as .example.com' }
}

/**
 * Patterns as in rules → whether one of them names a target. Addresses are
 * compared with literals only.
 *
 * @param patterns valid ones; see `parseHostPatterns`
 */
export function compileHostPatterns(patterns: readonly string[]): (target: RuleQuery) => boolean {
  const tables = [createExactHostTable(), createHostSuffixTable(), createGlobTable(), createAddressTable()]
  const ports: number[] = []
  for (const text of patterns) {
    const branches = parseHostPatterns(text)
    if ('kind' in branches) throw new TypeError(`${branches.message}; ${branches.fix}`)
    for (const branch of branches) {
      tables.some((table) => table.tryAdd(branch, ports.length))
      ports.push(portOf(branch))
    }
  }

  return function isNamed(target) {
    const found: number[] = []
    for (const table of tables) table.collect(target, found)
    return found.some((id) => ports[id] === 0 || ports[id] === target.port)
  }
}

function branchesIn(pattern: Pattern): readonly Pattern[] {
  return pattern.kind === 'branches' ? pattern.branches.flatMap(branchesIn) : [pattern]
}
