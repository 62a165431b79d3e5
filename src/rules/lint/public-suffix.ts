import { parse } from 'tldts'
import { type Finding, findingAt, hasReason } from './finding.js'
import { branchesOf, type LintRule } from './lint-rule.js'

/** The public suffix list has few names with more dots, and none with more than this that matters to a reader. */
const MAX_DOTS = 4

/**
 * A rule for everything under a public suffix (publicsuffix.org), such as
 * `.co.uk`: an error in a file of one's own, a warning in a list. Suffixes that a
 * company runs for its customers, such as `github.io`, are warnings. A line of a
 * file of one's own that says why is meant.
 */
export function checkPublicSuffix(rule: LintRule): Finding | undefined {
  for (const branch of branchesOf(rule.pattern)) {
    if (branch.kind !== 'suffix' || countDots(branch.suffix) > MAX_DOTS) continue
    const { suffix, reach } = branch
    const { publicSuffix, isIcann, isPrivate } = parse(suffix, { allowPrivateDomains: true })
    if (publicSuffix !== suffix || SPECIAL_USE.has(suffix) || !(isIcann || isPrivate)) continue
    const isNative = rule.format === 'native'
    if (isNative && hasReason(rule)) continue
    return findingAt(rule, {
      severity: isIcann && isNative ? 'error' : 'warning',
      code: 'public-suffix',
      message: isIcann
        ? `\`${suffix}\` is a public suffix: this ${rule.action}s every name that anybody registers under it`
        : `\`${suffix}\` belongs to a company that gives names under it to others: this ${rule.action}s all of them`,
      fix: `write the name itself, \`${reach === 'all' ? '' : '*'}.example.${suffix}\`; if all of them are meant, say why behind \` # \``,
    })
  }
  return undefined
}

function countDots(name: string): number {
  let dots = 0
  for (let i = name.indexOf('.'); i !== -1; i = name.indexOf('.', i + 1)) dots++
  return dots
}

/** Names of RFC 6761 and its kin that the list has and nobody registers under. */
const SPECIAL_USE = new Set(['onion', 'arpa', 'home.arpa', 'in-addr.arpa', 'ip6.arpa'])
