import { skeletonOf } from './confusables.js'
import type { Cover } from './cover.js'
import { type Finding, findingAt, placeOf } from './finding.js'
import { branchesOf, type LintRule } from './lint-rule.js'
import { toUnicodeHost } from './punycode.js'

/** International names that a reader takes for another name of these files. */
export function findLookAlikes(rules: readonly LintRule[], cover: Cover): Finding[] {
  const findings: Finding[] = []
  const firsts = new Map<string, { readonly rule: LintRule; readonly name: string }>()
  for (const rule of rules) {
    for (const branch of branchesOf(rule.pattern)) {
      const name = nameOf(branch)
      if (!name?.includes('xn--')) continue
      const readable = toUnicodeHost(name)
      const skeleton = skeletonOf(readable)
      const twin = listedAs(skeleton, name, cover) ?? firsts.get(skeleton)
      if (!firsts.has(skeleton)) firsts.set(skeleton, { rule, name })
      if (twin !== undefined && twin.name !== name) findings.push(lookAlike(rule, readable, twin.rule, twin.name))
    }
  }
  return findings
}

/** The rule for a name that is written as the other one looks. */
function listedAs(skeleton: string, name: string, cover: Cover): { rule: LintRule; name: string } | undefined {
  if (skeleton === name) return undefined
  const names = (rule: LintRule) => branchesOf(rule.pattern).some((branch) => nameOf(branch) === skeleton)
  const rule =
    cover.find({ kind: 'host', host: skeleton, port: 0 }, 'meet', names) ??
    cover.find({ kind: 'suffix', suffix: skeleton, reach: 'child', port: 0 }, 'meet', names)
  return rule && { rule, name: skeleton }
}

function nameOf(branch: ReturnType<typeof branchesOf>[number]): string | undefined {
  if (branch.kind === 'host') return branch.host
  if (branch.kind === 'suffix') return branch.suffix
  return branch.kind === 'url' ? nameOf(branch.host) : undefined
}

function lookAlike(rule: LintRule, readable: string, twin: LintRule, twinName: string): Finding {
  return findingAt(rule, {
    severity: 'warning',
    code: 'look-alike',
    message: `\`${readable}\` looks like \`${toUnicodeHost(twinName)}\` ${placeOf(twin, rule)}, and is another name`,
    fix: 'make sure that both are meant; write the one that was copied from a page in its `xn--` form',
  })
}
