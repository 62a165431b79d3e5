import { createCidrTable } from '../../http/cidr.js'
import { createCover, suffixOfGlob } from './cover.js'
import { type Finding, findingAt } from './finding.js'
import { compileGlobs } from './globs.js'
import { type Branch, branchesOf, type LintRule } from './lint-rule.js'

/**
 * Allows that allow nothing where everything passes by default: no weaker block
 * can match what they match. Where it cannot be told (regular expressions,
 * ranges of addresses, which a name may have) a rule is taken to be of use.
 */
export function findIdleAllows(rules: readonly LintRule[]): Finding[] {
  const allows = rules.filter(({ action }) => action === 'allow')
  const [first] = allows
  if (first === undefined) return []
  const blocks = rules.filter(({ action }) => action === 'block')
  if (blocks.length === 0) return [findingAt(first, exceptionsAlone(allows.length))]

  const plain = allows.filter(({ strength }) => strength === 1)
  const important = allows.filter(({ strength }) => strength === 3)
  const weak = blocks.filter(({ strength }) => strength === 0)
  return [...findIdle(plain, weak), ...findIdle(important, blocks)].map((rule) => findingAt(rule, IDLE))
}

function findIdle(allows: readonly LintRule[], blocks: readonly LintRule[]): readonly LintRule[] {
  if (allows.length === 0) return []
  const meets = createMeets(allows, blocks)
  return allows.filter(({ pattern }) => !branchesOf(pattern).some(meets))
}

/** Whether any of the blocks could match something that a branch of an allow matches. */
function createMeets(allows: readonly LintRule[], blocks: readonly LintRule[]): (branch: Branch) => boolean {
  const branches = blocks.flatMap(({ pattern }) => branchesOf(pattern))
  const cover = createCover()
  for (const block of blocks) cover.add({ ...block, except: undefined }, true)
  const globs = compileGlobs(blocks)
  const tails = branches.flatMap((branch) => (branch.kind === 'glob' ? [branch] : []))
  const hasRegex = branches.some(({ kind }) => kind === 'regex')
  const hasAddresses = branches.some(({ kind }) => kind === 'address')
  const reachedNames = namesReached(allows, branches)
  const reachedRanges = rangesReached(allows, branches)

  return function meets(branch): boolean {
    switch (branch.kind) {
      case 'url':
        return meets(branch.host)
      case 'regex':
        return true
      case 'address':
        return (
          hasRegex ||
          tails.some(({ glob }) => !/[g-z]/.test(suffixOfGlob(glob))) ||
          cover.find(branch, 'meet', ANY) !== undefined ||
          reachedRanges.has(`${branch.cidr.address}/${branch.cidr.prefix}`)
        )
      case 'host':
        return (
          hasAddresses ||
          cover.find(branch, 'meet', ANY) !== undefined ||
          (globs !== undefined && globs(branch.host).length > 0) ||
          tails.some(({ glob, port }) => port !== 0 && isUnder(branch.host, suffixOfGlob(glob)))
        )
      case 'suffix':
      case 'glob': {
        const name = branch.kind === 'suffix' ? branch.suffix : suffixOfGlob(branch.glob)
        return (
          hasAddresses ||
          hasRegex ||
          name === '' ||
          reachedNames.has(name) ||
          cover.find(branch, 'meet', ANY) !== undefined ||
          tails.some(({ glob }) => isUnder(name, suffixOfGlob(glob)) || isUnder(suffixOfGlob(glob), name))
        )
      }
    }
  }
}

/** Of the names whose subdomains are allowed those at or under which something is blocked. */
function namesReached(allows: readonly LintRule[], blocked: readonly Branch[]): ReadonlySet<string> {
  const asked = new Set<string>()
  for (const { pattern } of allows) {
    for (const branch of branchesOf(pattern)) {
      const host = branch.kind === 'url' ? branch.host : branch
      if (host.kind === 'suffix') asked.add(host.suffix)
      else if (host.kind === 'glob') asked.add(suffixOfGlob(host.glob))
    }
  }
  const reached = new Set<string>()
  if (asked.size === 0) return reached
  for (const branch of blocked) {
    const host = branch.kind === 'url' ? branch.host : branch
    if (host.kind !== 'host' && host.kind !== 'suffix') continue
    let name = host.kind === 'host' ? host.host : host.suffix
    while (true) {
      if (asked.has(name)) reached.add(name)
      const dot = name.indexOf('.')
      if (dot === -1) break
      name = name.slice(dot + 1)
    }
  }
  return reached
}

/** Of the allowed ranges those in which a blocked one lies. */
function rangesReached(allows: readonly LintRule[], blocked: readonly Branch[]): ReadonlySet<string> {
  const asked = createCidrTable<string>()
  for (const { pattern } of allows)
    for (const branch of branchesOf(pattern))
      if (branch.kind === 'address') asked.add(branch.cidr, `${branch.cidr.address}/${branch.cidr.prefix}`)
  const reached = new Set<string>()
  if (asked.size === 0) return reached
  for (const branch of blocked) {
    if (branch.kind !== 'address') continue
    for (const range of asked.all(branch.cidr.address))
      if (Number(range.slice(range.indexOf('/') + 1)) <= branch.cidr.prefix) reached.add(range)
  }
  return reached
}

function isUnder(name: string, parent: string): boolean {
  return parent === '' || name === parent || name.endsWith(`.${parent}`)
}

function exceptionsAlone(count: number) {
  return {
    severity: 'warning',
    code: 'allow-nothing',
    message: `${count === 1 ? 'an allow' : `${count} allows`} and no block: alone they allow nothing that would not pass anyway`,
    fix: 'give the files they are exceptions to as well, or write `default block`',
  } as const
}

const ANY = () => true
const IDLE = {
  severity: 'warning',
  code: 'allow-nothing',
  message: 'it allows nothing: no rule blocks what it matches',
  fix: 'remove it, or write `default block` where only what is allowed may pass',
} as const
