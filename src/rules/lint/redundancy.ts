import { type Cover, createCover } from './cover.js'
import { type Finding, findingAt, placeOf, textOf } from './finding.js'
import { compileGlobs, type GlobMatches } from './globs.js'
import { type Branch, branchesOf, type LintRule, ruleKey } from './lint-rule.js'

/** What the redundancy checks found, and the rules that are left to check. */
export type Redundancy = {
  readonly findings: readonly Finding[]
  /** Without those written twice. */
  readonly distinct: readonly LintRule[]
  readonly cover: Cover
}

/**
 * Rules that change nothing: written twice, matched whole by a wider rule of the
 * same action, or beaten everywhere by one of the other action. Blocks beaten by
 * an exception of another file are not told: that is what exceptions are for.
 */
export function findRedundancy(rules: readonly LintRule[]): Redundancy {
  const findings: Finding[] = []
  const firsts = new Map<string, LintRule>()
  const distinct: LintRule[] = []
  const cover = createCover()
  for (const rule of rules) {
    const key = ruleKey(rule)
    const first = firsts.get(key)
    if (first === undefined) {
      firsts.set(key, rule)
      distinct.push(rule)
      cover.add(rule)
    } else {
      findings.push(duplicate(rule, first))
    }
  }
  firsts.clear()

  const globs = compileGlobs(distinct)
  for (const rule of distinct) {
    const finding = shadowed(rule, cover, globs) ?? beaten(rule, cover, globs)
    if (finding !== undefined) findings.push(finding)
  }
  return { findings, distinct, cover }
}

function duplicate(rule: LintRule, first: LintRule): Finding {
  return findingAt(rule, {
    severity: 'warning',
    code: 'duplicate',
    message: `the same rule as ${placeOf(first, rule)}`,
    fix: 'remove one of the two',
  })
}

function shadowed(rule: LintRule, cover: Cover, globs: GlobMatches | undefined): Finding | undefined {
  const isWider = (other: LintRule) => other !== rule && other.action === rule.action && other.strength >= rule.strength
  const wider = findForAll(rule, cover, globs, isWider)
  if (wider === undefined) return undefined
  return findingAt(rule, {
    severity: 'warning',
    code: 'shadowed',
    message: `\`${textOf(wider)}\` ${placeOf(wider, rule)} already covers this`,
    fix: 'remove it, or narrow the wider rule',
  })
}

function beaten(rule: LintRule, cover: Cover, globs: GlobMatches | undefined): Finding | undefined {
  const isStronger = (other: LintRule) =>
    other.action !== rule.action &&
    other.strength > rule.strength &&
    (rule.action === 'allow' || other.source === rule.source)
  const stronger = findForAll(rule, cover, globs, isStronger)
  if (stronger === undefined) return undefined
  const what = `\`${textOf(stronger)}\` ${placeOf(stronger, rule)}`
  return findingAt(
    rule,
    rule.action === 'allow'
      ? {
          severity: 'warning',
          code: 'allow-nothing',
          message: `it allows nothing: ${what} is stronger and blocks all of it`,
          fix: 'write `allow!`, or remove one of the two',
        }
      : {
          severity: 'warning',
          code: 'overridden',
          message: `it blocks nothing: ${what} is stronger and allows all of it`,
          fix: 'narrow the allow, write `block!`, or remove one of the two',
        },
  )
}

/** The rule that makes the last branch needless, where every branch has one. */
function findForAll(
  rule: LintRule,
  cover: Cover,
  globs: GlobMatches | undefined,
  accept: (other: LintRule) => boolean,
): LintRule | undefined {
  let found: LintRule | undefined
  for (const branch of branchesOf(rule.pattern)) {
    found = cover.find(branch, 'cover', accept) ?? findGlob(branch, globs, accept)
    if (found === undefined) return undefined
  }
  return found
}

function findGlob(
  branch: Branch,
  globs: GlobMatches | undefined,
  accept: (other: LintRule) => boolean,
): LintRule | undefined {
  return globs === undefined || branch.kind !== 'host' ? undefined : globs(branch.host).find(accept)
}
