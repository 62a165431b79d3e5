import { createProxy, type TargetDecision } from '../app.js'
import { ERROR_CATALOG, InputError, type Problem } from '../errors.js'
import type { RuleMatch } from '../rules/rule.js'
import { loadSetup } from './load.js'
import type { StartOptions } from './options.js'

/**
 * `veilgate check TARGET…`: asks the stages that a request of the running proxy
 * passes; no name is resolved.
 *
 * @returns the exit code: 1 when any target is blocked
 * @throws {InputError} options, rules or a target are wrong; then nothing is decided
 */
export async function check(targets: readonly string[], options: StartOptions): Promise<number> {
  const { config, ruleSet } = await loadSetup(options)
  const proxy = createProxy({ ...config, ruleSet })
  const decisions = targets.map((target) => ({ ...proxy.decide({ target: toQuestion(target) }), target }))
  const problems = decisions.flatMap((decision) => (decision.reason === 'malformed' ? [malformed(decision)] : []))
  if (problems.length > 0) throw new InputError(problems)

  const shown = await withoutPasswords(decisions)
  process.stdout.write(options.json ? `${JSON.stringify(shown.map(toJson), null, 2)}\n` : shown.map(toText).join(''))
  return decisions.some(({ action }) => action === 'block') ? 1 : 0
}

/** A browser asks a proxy for `https:` and `wss:` as a tunnel; its path never shows. */
function toQuestion(target: string): string {
  const [, authority = ''] = /^(?:https|wss):\/\/([^/?#]*)/i.exec(target) ?? []
  if (authority === '') return target
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  return /:\d+$/.test(host) ? host : `${host}:443`
}

function malformed({ target, detail }: TargetDecision): Problem {
  return {
    file: escaped(target),
    line: 0,
    column: 0,
    message: detail === '' ? 'this is no target' : detail,
    fix: 'write a host, HOST:PORT or a URL such as http://example.com/page',
  }
}

async function withoutPasswords(decisions: readonly TargetDecision[]): Promise<readonly TargetDecision[]> {
  if (!decisions.some(({ target }) => target.includes('@'))) return decisions
  const { showUrl } = await import('../upstream/chain-adapter.js')
  return decisions.map((decision) => ({ ...decision, target: showUrl(decision.target) }))
}

function toJson({ target, host, action, reason, rule, matches }: TargetDecision) {
  return { target, host, action, reason, rule: rule && toJsonRule(rule), matches: matches.map(toJsonRule) }
}

function toJsonRule({ list, line, text, action, level, reason }: RuleMatch) {
  return { list, line, text, action, level, ...(reason !== undefined && { reason }) }
}

function toText({ target, action, reason, error, rule, matches }: TargetDecision): string {
  const refusal = error === null ? '' : `  # ${ERROR_CATALOG[error].summary}`
  const why = rule === null ? `${reason}${refusal}` : toRuleText(rule)
  const others = matches.filter((match) => match !== rule)
  return `${[`${action} ${escaped(target)}  ${why}`, ...others.map((match) => `  ${toRuleText(match)}`)].join('\n')}\n`
}

function toRuleText({ list, line, text, reason }: RuleMatch): string {
  return `${list}:${line}  ${escaped(text)}${reason === undefined ? '' : `  # ${escaped(reason)}`}`
}

/** Rules and targets come from elsewhere: nothing in them may move the cursor of a terminal. */
function escaped(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
