import { getDomain } from 'tldts'
import type { Cover } from './cover.js'
import { type Fault, type Finding, findingAt, textOf } from './finding.js'
import { type Branch, branchesOf, type LintRule } from './lint-rule.js'

/**
 * Rules that are right and probably not what was meant: a pasted URL, `*.x`
 * without `x`, `www.x` without `x`, names without a dot. A rule written with a
 * verb is told one by one; of a published list, which nobody edits, one finding
 * a file says how many there are.
 */
export function findMistakes(rules: readonly LintRule[], cover: Cover): Finding[] {
  const findings: Finding[] = []
  const listed = new Map<string, { readonly first: LintRule; readonly fault: Fault; count: number }>()
  for (const rule of rules) {
    const fault = mistakeOf(rule, cover)
    if (fault === undefined) continue
    if (rule.format === 'native') {
      findings.push(findingAt(rule, fault))
      continue
    }
    const key = `${fault.code} ${rule.source.name}`
    const seen = listed.get(key)
    if (seen === undefined) listed.set(key, { first: rule, fault, count: 1 })
    else seen.count++
  }
  for (const { first, fault, count } of listed.values()) {
    const message = count === 1 ? fault.message : `${fault.message} (the first of ${count} such lines)`
    findings.push(findingAt(first, { ...fault, message }))
  }
  return findings
}

function mistakeOf(rule: LintRule, cover: Cover): Fault | undefined {
  const branches = branchesOf(rule.pattern)
  const [branch] = branches
  if (branches.length !== 1 || branch === undefined) return undefined
  switch (branch.kind) {
    case 'url':
      return urlMistake(rule, branch)
    case 'suffix':
      if (branch.reach !== 'below' || !branch.suffix.includes('.')) return undefined
      return isCovered(rule, branch.suffix, branch.port, cover) ? undefined : withoutApex(rule, branch.suffix)
    case 'host':
      return hostMistake(rule, branch, cover)
    default:
      return undefined
  }
}

/** `http://x`, `http://x/` and `x/`: a host was meant. */
function urlMistake(rule: LintRule, { path, below, host }: Extract<Branch, { kind: 'url' }>): Fault | undefined {
  const isPasted = !below && (path === '/' || path === '**')
  if (!isPasted && !(below && path === '/')) return undefined
  const name = host.kind === 'host' ? host.host : undefined
  return {
    severity: 'warning',
    code: isPasted ? 'scheme' : 'trailing-slash',
    message: isPasted
      ? `\`${textOf(rule)}\` is about ${path === '/' ? 'the front page' : 'plain http'} only, not about tunnels, which is most of the web`
      : 'with the slash this is about plain http only, not about tunnels, which is most of the web',
    fix:
      name === undefined ? 'write the host alone' : `write \`${name}\` for the host, \`.${name}\` for all below it too`,
  }
}

function hostMistake(
  rule: LintRule,
  { host, port }: Extract<Branch, { kind: 'host' }>,
  cover: Cover,
): Fault | undefined {
  if (!host.includes('.')) {
    if (host === 'localhost') return undefined
    return {
      severity: 'warning',
      code: 'single-label',
      message: `\`${host}\` is matched by a host of exactly this name only, and no name on the internet has no dot`,
      fix: `write the whole name, or \`*${host}*\` for names with this in them`,
    }
  }
  if (host.startsWith('-') || host.endsWith('-') || host.includes('-.') || host.includes('.-')) {
    return {
      severity: 'warning',
      code: 'hyphen',
      message: `\`${host}\` has a label that starts or ends with \`-\`, which no host name may (RFC 1123 §2.1)`,
      fix: 'correct or remove it',
    }
  }
  if (!host.startsWith('www.')) return undefined
  const domain = host.slice(4)
  if (getDomain(host) !== domain || isCovered(rule, domain, port, cover)) return undefined
  return {
    severity: 'warning',
    code: 'www-only',
    message: `only \`${host}\` is named: \`${domain}\` leads to the same pages`,
    fix: `write \`.${domain}\` for the name and all below it`,
  }
}

function withoutApex({ format }: LintRule, suffix: string): Fault {
  const scope = format === 'plain' ? ', or read the list with --scope suffix' : ''
  return {
    severity: 'warning',
    code: 'no-apex',
    message: `\`*.${suffix}\` leaves out \`${suffix}\` itself, and no other rule has it`,
    fix: `write \`.${suffix}\` for the name and all below it${scope}`,
  }
}

/** Some rule of the same action is about the name itself. */
function isCovered(rule: LintRule, host: string, port: number, cover: Cover): boolean {
  const isSame = (other: LintRule) => other !== rule && other.action === rule.action
  return cover.find({ kind: 'host', host, port }, 'meet', isSame) !== undefined
}
