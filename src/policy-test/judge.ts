import type { TargetDecision } from '../pipeline/decide-target.js'
import type { RuleAction, RuleMatch } from '../rules/rule.js'

/** What a test wants of one target. */
export type Expectation = {
  /** What is tested, where the author said it. */
  readonly title: string | undefined
  readonly target: string
  readonly expect: RuleAction
  /** The rule that shall decide: as written, its pattern, `FILE:LINE`, or `default` for none. */
  readonly rule: string | undefined
  /** Of the test in its file, 1-based. */
  readonly line: number
}

/** What came of it; `fault` is undefined where the test passed. */
export type Verdict = {
  readonly expectation: Expectation
  readonly decision: TargetDecision
  /** What was expected and what happened, in words. */
  readonly fault: string | undefined
}

/** Holds a decision against what was expected of it. */
export function judge(expectation: Expectation, decision: TargetDecision): Verdict {
  const { expect, rule } = expectation
  const isWanted = decision.action === expect && (rule === undefined || decidedBy(decision, rule))
  const wanted = rule === undefined ? expect : `${expect} by ${rule}`
  const fault = isWanted ? undefined : `expected ${wanted}, got ${decision.action} by ${causeOf(decision)}`
  return { expectation, decision, fault }
}

function decidedBy({ rule, reason }: TargetDecision, wanted: string): boolean {
  if (rule === null) return reason === 'default' && wanted === 'default'
  const text = oneSpaced(rule.text)
  const asked = oneSpaced(wanted)
  return text === asked || text.replace(VERB, '') === asked || isAt(rule, wanted)
}

/** `FILE:LINE`, the file by as much of its path as the author cared to write. */
function isAt({ list, line }: RuleMatch, place: string): boolean {
  const full = `${list}:${line}`
  return full === place || full.endsWith(`/${place}`)
}

function causeOf({ rule, reason, detail }: TargetDecision): string {
  if (rule !== null) return `${rule.list}:${rule.line} ${rule.text}`
  return detail === '' ? reason : `${reason} (${detail})`
}

function oneSpaced(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ')
}

const VERB = /^(?:block|allow)!? /
