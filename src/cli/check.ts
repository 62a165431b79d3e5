import { createProxy, type TargetDecision } from '../app.js'
import type { Config } from '../config/config.js'
import { ERROR_CATALOG, InputError } from '../errors.js'
import type { RuleMatch } from '../rules/rule.js'
import { egressLines, egressReport } from './egress-report.js'
import { escaped } from './escaped.js'
import { loadSetup, sayMissing } from './load.js'
import { malformedTarget } from './malformed-target.js'
import type { StartOptions } from './options.js'
import { ruleToJson, ruleToText } from './shown-rule.js'

/** Start's options, and whether to say how a target would leave. */
export type CheckOptions = StartOptions & { readonly egress?: true }

/**
 * `veilgate check TARGET…`: asks the stages that a request of the running proxy
 * passes; no name is resolved.
 *
 * @returns the exit code: 1 when any target is blocked
 * @throws {InputError} options, rules or a target are wrong; then nothing is decided
 */
export async function check(targets: readonly string[], options: CheckOptions): Promise<number> {
  const { config, ruleSet, missing } = await loadSetup(options)
  const proxy = createProxy({ ...config, ruleSet })
  const decisions = targets.map((target) => proxy.decide({ target }))
  const problems = decisions.flatMap((decision) => (decision.reason === 'malformed' ? [malformedTarget(decision)] : []))
  if (problems.length > 0) throw new InputError(problems)

  sayMissing(missing)
  process.stdout.write(
    options.json
      ? `${JSON.stringify(
          decisions.map((decision) => toJson(decision, options.egress && config)),
          null,
          2,
        )}\n`
      : decisions.map((decision) => toText(decision, proxy.rules.defaultRule, options.egress && config)).join(''),
  )
  return decisions.some(({ action }) => action === 'block') ? 1 : 0
}

function toJson(decision: TargetDecision, shown: Config | undefined) {
  const { target, host, action, reason, rule, matches, wouldBlock } = decision
  const asked = { target, host, action, reason, rule: rule && ruleToJson(rule), matches: matches.map(ruleToJson) }
  return { ...asked, ...(wouldBlock && { wouldBlock }), ...(shown && { egress: egressReport(shown, decision) }) }
}

function toText(decision: TargetDecision, defaultRule: RuleMatch | null, shown: Config | undefined): string {
  const { target, host, action, rule, matches, wouldBlock } = decision
  const why = rule === null ? toReasonText(decision, defaultRule) : ruleToText(rule)
  const others = rule === null ? matches : matches.slice(1)
  const first = `${action} ${escaped(target)}  ${why}${wouldBlock ? '  (only reported)' : ''}`
  // the form in which rules saw the host, where a person wrote it in another way
  const asked = target.includes(host) ? [] : [`  host ${host}`]
  const egress =
    shown === undefined ? [] : egressLines(egressReport(shown, decision)).map((line) => `  ${escaped(line)}`)
  return `${[first, ...asked, ...others.map((match) => `  ${ruleToText(match)}`), ...egress].join('\n')}\n`
}

/** What decided where no rule did. */
function toReasonText({ reason, error, detail }: TargetDecision, defaultRule: RuleMatch | null): string {
  if (reason === 'default') return defaultRule === null ? reason : `${reason}  ${ruleToText(defaultRule)}`
  return error === null ? reason : `${reason}  # ${ERROR_CATALOG[error].summary}: ${escaped(detail)}`
}
