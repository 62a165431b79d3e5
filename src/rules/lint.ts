import type { Finding } from './lint/finding.js'
import { findIdleAllows } from './lint/idle-allows.js'
import type { LintRule } from './lint/lint-rule.js'
import { findLookAlikes } from './lint/look-alikes.js'
import { findMistakes } from './lint/mistakes.js'
import { checkPublicSuffix } from './lint/public-suffix.js'
import { collectTakenBack, type ReadSource, readSource } from './lint/read-source.js'
import { findRedundancy } from './lint/redundancy.js'
import type { RuleSource } from './rule.js'

/**
 * Everything wrong in rule files, in the order of files and lines, for files
 * that are used together. Errors are what stops a start (lines that cannot be
 * understood, names that are no hosts, `default` lines that contradict each
 * other, files without a rule) and patterns that take in a whole public suffix;
 * warnings are rules that change nothing or are probably not what was meant.
 * Lines of a list that stop nothing are warnings too.
 */
export function lintRules(sources: readonly RuleSource[]): Finding[] {
  const takenBack = collectTakenBack(sources)
  const read = sources.map((source) => readSource(source, takenBack))
  const rules = read.flatMap((source) => source.rules)
  const blocksByDefault = read.some(({ defaults }) => defaults.some(({ action }) => action === 'block'))

  const { findings: redundant, distinct, cover } = findRedundancy(rules)
  const told = new Set(
    redundant.filter(({ code }) => code === 'allow-nothing').map(({ file, line }) => `${file}:${line}`),
  )
  const idle = blocksByDefault ? [] : findIdleAllows(distinct)
  return inOrder(sources, [
    ...read.flatMap(({ findings }) => findings),
    ...redundant,
    ...idle.filter(({ file, line }) => !told.has(`${file}:${line}`)),
    ...findPublicSuffixes(distinct),
    ...findMistakes(distinct, cover),
    ...findLookAlikes(distinct, cover),
    ...contradictions(read),
  ])
}

function findPublicSuffixes(rules: readonly LintRule[]): Finding[] {
  return rules.flatMap((rule) => checkPublicSuffix(rule) ?? [])
}

/** Each `default` line that says otherwise than the first. */
function contradictions(read: readonly ReadSource[]): Finding[] {
  const [first, ...others] = read.flatMap(({ defaults }) => defaults)
  if (first === undefined) return []
  return others.flatMap(({ action, file, line }) =>
    action === first.action
      ? []
      : {
          file,
          line,
          column: 1,
          severity: 'error' as const,
          code: 'default-conflict',
          message: `\`default ${action}\` contradicts \`default ${first.action}\` in ${first.file}:${first.line}`,
          fix: 'keep one of the two, or say which with --default',
        },
  )
}

function inOrder(sources: readonly RuleSource[], findings: readonly Finding[]): Finding[] {
  const orders = new Map(sources.map(({ name }, i) => [name, i]))
  const orderOf = ({ file }: Finding) => orders.get(file) ?? 0
  return findings.toSorted((a, b) => orderOf(a) - orderOf(b) || a.line - b.line || a.column - b.column)
}
