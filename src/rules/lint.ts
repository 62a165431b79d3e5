import type { Problem } from '../errors.js'
import { agreedDefault, branchesOf } from './compile.js'
import { isNative } from './formats/native.js'
import { forEachLine } from './lines.js'
import { parseLine, splitReason } from './parse.js'
import type { LineProblem, ParsedRules } from './parsed-line.js'
import type { Pattern } from './pattern.js'
import type { RuleAction, RuleMatch, RuleSource } from './rule.js'

/** Something in a rule file that its author will want to know. */
export type Finding = Problem & {
  readonly severity: 'error' | 'warning'
  readonly code: string
}

/**
 * Everything wrong in rule files, in the order of files and lines: lines that
 * cannot be understood, names that are no hosts (errors in files of the native
 * grammar, where they stop a start; warnings in lists, where they are skipped),
 * rules written twice, `default` lines that contradict each other.
 */
export function lintRules(sources: readonly RuleSource[]): Finding[] {
  const findings: Finding[] = []
  const defaults: RuleMatch[] = []
  const firstPlaces = new Map<string, Place>()
  for (const source of sources) findings.push(...lintSource(source, defaults, firstPlaces))

  const contradictions: Problem[] = []
  agreedDefault(defaults, contradictions)
  for (const problem of contradictions) findings.push({ ...problem, severity: 'error', code: 'default-conflict' })
  return findings
}

type Place = { readonly file: string; readonly line: number }

function lintSource(source: RuleSource, defaults: RuleMatch[], firstPlaces: Map<string, Place>): Finding[] {
  const { name, text } = source
  const findings: Finding[] = []
  const problems: { readonly problem: LineProblem; readonly line: number }[] = []
  const unknownModifiers: number[] = []
  let isNativeFile = false
  let isEmpty = true

  forEachLine(text, (raw, line) => {
    const parsed = parseLine(raw, source.scope)
    switch (parsed.kind) {
      case 'problem':
        if (isNative(raw.trim())) isNativeFile = true
        problems.push({ problem: parsed, line })
        return
      case 'skipped':
        if (parsed.reason === 'unknown modifier') unknownModifiers.push(line)
        return
      case 'default':
        isNativeFile = true
        isEmpty = false
        defaults.push({ action: parsed.action, level: 'default', list: name, line, ...splitReason(raw) })
        return
      case 'include':
        isNativeFile = true
        isEmpty = false
        return
      case 'sibling':
        isEmpty = false
        return
      case 'rules': {
        if (parsed.format === 'native') isNativeFile = true
        isEmpty = false
        if (parsed.problem !== undefined) problems.push({ problem: parsed.problem, line })
        for (const pattern of parsed.patterns) {
          const key = ruleKey(parsed, pattern, source.action ?? 'block')
          const first = firstPlaces.get(key)
          if (first === undefined) firstPlaces.set(key, { file: name, line })
          else findings.push(duplicate(name, line, first))
        }
      }
    }
  })

  const severity = isNativeFile ? 'error' : 'warning'
  for (const { problem, line } of problems) {
    const { code, column, message, fix } = problem
    findings.push({ file: name, line, column, severity, message, fix, code })
  }
  const [firstUnknown] = unknownModifiers
  if (firstUnknown !== undefined) findings.push(unknownModifier(name, firstUnknown, unknownModifiers.length))
  if (isEmpty && problems.length === 0) findings.push({ ...EMPTY, file: name })
  return findings.sort((a, b) => a.line - b.line || a.column - b.column)
}

/** Equal for rules that say the same. */
function ruleKey({ action, important, except }: ParsedRules, pattern: Pattern, sourceAction: RuleAction): string {
  const level = `${action ?? sourceAction}${important ? '!' : ''}`
  const branches = branchesOf(pattern)
  const key = branches.length === 1 ? patternKey(pattern) : branches.map(patternKey).toSorted().join()
  return except === undefined ? `${level} ${key}` : `${level} ${key} ${except.toSorted().join('|')}`
}

function patternKey(pattern: Pattern): string {
  switch (pattern.kind) {
    case 'host':
      return `${pattern.host}:${pattern.port}`
    case 'suffix':
      return `${pattern.reach}.${pattern.suffix}:${pattern.port}`
    case 'address':
      return `${pattern.cidr.address}/${pattern.cidr.prefix}:${pattern.port}`
    case 'glob':
      return `glob ${pattern.glob}:${pattern.port}`
    case 'regex':
      return `/${pattern.source}/`
    case 'url':
      return `url ${patternKey(pattern.host)} ${pattern.path}${pattern.below ? ' below' : ''}`
    case 'branches':
      return pattern.branches.map(patternKey).join()
  }
}

function duplicate(file: string, line: number, first: Place): Finding {
  return {
    file,
    line,
    column: 1,
    severity: 'warning',
    message: `the same rule as ${first.file === file ? `on line ${first.line}` : `at ${first.file}:${first.line}`}`,
    fix: 'remove one of the two',
    code: 'duplicate',
  }
}

/** One finding for all of them: lists made for browsers have thousands. */
function unknownModifier(file: string, line: number, count: number): Finding {
  return {
    file,
    line,
    column: 1,
    severity: 'warning',
    message:
      count === 1
        ? 'a modifier that is not known disables this rule'
        : `modifiers that are not known disable ${count} rules, this is the first`,
    fix: 'use `important`, `badfilter`, `denyallow` or `all`; a proxy cannot see what the others ask',
    code: 'unknown-modifier',
  }
}

const EMPTY = {
  line: 0,
  column: 0,
  severity: 'error',
  message: 'it holds no rule',
  fix: 'add one, or name another file',
  code: 'empty',
} as const
