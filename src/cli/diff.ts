import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { compileRules } from '../compile-rules.js'
import { loadRuleFiles } from '../config/rule-files.js'
import { counted } from '../counted.js'
import { InputError } from '../errors.js'
import { createRequestComparison, type DecisionChange, parseLoggedRequest } from '../policy-diff/logged-requests.js'
import { findRuleChanges, type RuleChanges } from '../policy-diff/rule-changes.js'
import type { RuleAction, RuleDecision, RuleSet, RuleSource } from '../rules/rule.js'
import { ruleToJson, ruleToText } from './shown-rule.js'

export type DiffOptions = {
  readonly log?: string
  readonly scope?: 'exact' | 'suffix'
  readonly default?: RuleAction
  readonly json?: true
  readonly exitCode?: true
}

/** What of a log was compared. */
type Requests = {
  readonly total: number
  /** Lines that are no record of an exchange with a target. */
  readonly skippedLines: number
  readonly changes: readonly DecisionChange[]
}

/**
 * `veilgate diff OLD NEW`: what changes between two rule files with all that
 * they include, by rule and, with a log, by request.
 *
 * @returns the exit code: 0, with `exitCode` 1 where anything changes
 * @throws {InputError} a rule file is wrong, or it or the log cannot be read
 */
export async function diff(before: string, after: string, options: DiffOptions): Promise<number> {
  const [oldSources, newSources] = [await read(before, options), await read(after, options)]
  const wanted = options.default === undefined ? {} : { default: options.default }
  // compiled first: what a proxy would refuse to start with has no difference to show
  const [oldSet, newSet] = [compileRules(oldSources, wanted), compileRules(newSources, wanted)]
  const rules = findRuleChanges(oldSources, newSources)
  const requests = options.log === undefined ? undefined : await compare(options.log, oldSet, newSet)

  process.stdout.write(
    options.json
      ? `${JSON.stringify(toJson(rules, oldSet, newSet, requests), null, 2)}\n`
      : toText(rules, oldSet, newSet, requests),
  )
  process.stderr.write(`veilgate: ${summary(rules, requests)}\n`)
  const changes = rules.removed.length + rules.added.length + (requests?.changes.length ?? 0)
  return options.exitCode && (changes > 0 || oldSet.defaultAction !== newSet.defaultAction) ? 1 : 0
}

function read(name: string, { scope = 'exact' }: DiffOptions): Promise<RuleSource[]> {
  return loadRuleFiles([{ name, path: name === '-' ? name : resolve(name), action: 'block' }], {}, { scope })
}

async function compare(log: string, before: RuleSet, after: RuleSet): Promise<Requests> {
  const comparison = createRequestComparison(before, after)
  let total = 0
  let skippedLines = 0
  try {
    for await (const line of createInterface({
      input: createReadStream(log, 'utf8'),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      const request = line === '' ? undefined : parseLoggedRequest(line)
      if (request === undefined) {
        skippedLines++
        continue
      }
      total++
      comparison.add(request)
    }
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new InputError([
      {
        file: log,
        line: 0,
        column: 0,
        message: `cannot be read (${why})`,
        fix: 'give an access log in the format json',
      },
    ])
  }
  if (total === 0) {
    throw new InputError([
      { file: log, line: 0, column: 0, message: 'no request in it', fix: 'give an access log in the format json' },
    ])
  }
  return { total, skippedLines, changes: comparison.changes() }
}

function toText(rules: RuleChanges, before: RuleSet, after: RuleSet, requests: Requests | undefined): string {
  const lines = [
    ...rules.removed.map((rule) => `- ${ruleToText(rule)}`),
    ...rules.added.map((rule) => `+ ${ruleToText(rule)}`),
    ...(before.defaultAction === after.defaultAction
      ? []
      : [`default ${before.defaultAction} → ${after.defaultAction}`]),
    ...(requests?.changes ?? []).map(
      ({ host, port, requests: count, before: old, after: now }) =>
        `${old.action} → ${now.action}  ${host}:${port}  ${count}×  ${cause(old)} → ${cause(now)}`,
    ),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function cause({ rule }: RuleDecision): string {
  return rule === null ? 'default' : ruleToText(rule)
}

function toJson(rules: RuleChanges, before: RuleSet, after: RuleSet, requests: Requests | undefined) {
  return {
    removed: rules.removed.map(ruleToJson),
    added: rules.added.map(ruleToJson),
    unchanged: rules.unchanged,
    default: { before: before.defaultAction, after: after.defaultAction },
    ...(requests !== undefined && {
      requests: {
        ...requests,
        changes: requests.changes.map(({ before: old, after: now, ...change }) => ({
          ...change,
          before: decisionToJson(old),
          after: decisionToJson(now),
        })),
      },
    }),
  }
}

function decisionToJson({ action, rule }: RuleDecision) {
  return { action, rule: rule && ruleToJson(rule) }
}

function summary({ removed, added, unchanged }: RuleChanges, requests: Requests | undefined): string {
  const byRule = `${counted(removed.length, 'rule')} removed, ${added.length} added, ${unchanged} the same`
  if (requests === undefined) return byRule
  const changed = requests.changes.reduce((sum, change) => sum + change.requests, 0)
  const skipped = requests.skippedLines === 0 ? '' : ` (no such record: ${counted(requests.skippedLines, 'line')})`
  return `${byRule}; ${changed} of ${counted(requests.total, 'request')} decided otherwise${skipped}`
}
