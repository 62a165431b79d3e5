import type { Problem } from '../../errors.js'
import { adblockKey } from '../formats/adblock.js'
import { isNative } from '../formats/native.js'
import { forEachLine } from '../lines.js'
import { parseLine } from '../parse.js'
import type { LineProblem, ParsedRules } from '../parsed-line.js'
import type { RuleAction, RuleSource } from '../rule.js'
import type { Finding } from './finding.js'
import type { LintRule } from './lint-rule.js'

/** What one source says, for the checks that look at all sources together. */
export type ReadSource = {
  readonly rules: readonly LintRule[]
  /** `default` lines that count. */
  readonly defaults: readonly { readonly action: RuleAction; readonly file: string; readonly line: number }[]
  /** Faults that a line shows by itself. */
  readonly findings: readonly Finding[]
}

/** Reads a source line by line as `compileRules` does. */
export function readSource(source: RuleSource, takenBack: ReadonlySet<string>): ReadSource {
  const { name } = source
  const rules: LintRule[] = []
  const defaults: { action: RuleAction; file: string; line: number }[] = []
  const problems: Problem[] = []
  const codes: string[] = []
  const unknownModifiers: number[] = []
  let isNativeFile = false
  let isEmpty = true

  const addProblem = ({ code, column, message, fix }: LineProblem, line: number, raw: string) => {
    problems.push({ file: name, line, column, message, fix })
    codes.push(PASTED_URL.test(raw) ? 'scheme' : code)
  }
  forEachLine(source.text, (raw, line, offset) => {
    const parsed = parseLine(raw, source.scope)
    switch (parsed.kind) {
      case 'problem':
        if (isNative(raw.trim())) isNativeFile = true
        addProblem(parsed, line, raw)
        return
      case 'skipped':
        if (parsed.reason.startsWith('unknown modifier')) unknownModifiers.push(line)
        return
      case 'default':
        isNativeFile = true
        if (source.action === 'allow') return
        isEmpty = false
        defaults.push({ action: parsed.action, file: name, line })
        return
      case 'include':
        isNativeFile = true
        isEmpty = false
        return
      case 'sibling':
        isEmpty = false
        return
      case 'rules':
        if (parsed.format === 'native') isNativeFile = true
        if (parsed.problem !== undefined) addProblem(parsed.problem, line, raw)
        // such lines are skipped and counted
        if (parsed.badfilter || (source.action === 'allow' && parsed.action === 'block')) return
        isEmpty = false
        if (takenBack.size > 0 && takenBack.has(adblockKey(raw.trim()))) return
        addRules(rules, parsed, source, line, raw, offset)
    }
  })

  const severity = isNativeFile ? 'error' : 'warning'
  const findings = problems.map((problem, i): Finding => ({ ...problem, severity, code: codes[i] ?? 'syntax' }))
  const [firstUnknown] = unknownModifiers
  if (firstUnknown !== undefined) findings.push(unknownModifier(name, firstUnknown, unknownModifiers.length))
  // where its lines are errors, those say it
  if (isEmpty && (problems.length === 0 || !isNativeFile)) findings.push({ ...EMPTY, file: name })
  return { rules, defaults, findings }
}

function addRules(
  rules: LintRule[],
  { action: own, important, patterns, except, format }: ParsedRules,
  source: RuleSource,
  line: number,
  raw: string,
  offset: number,
): void {
  const action = own ?? source.action ?? 'block'
  const strength = (action === 'allow' ? 1 : 0) + (important ? 2 : 0)
  const column = indentOf(raw) + 1
  for (const pattern of patterns)
    rules.push({ source, line, column, offset, format, action, strength, pattern, except })
}

/** What adblock lines with `badfilter` take back, wherever it stands. */
export function collectTakenBack(sources: readonly RuleSource[]): ReadonlySet<string> {
  const takenBack = new Set<string>()
  for (const { text } of sources) {
    if (!text.includes('badfilter')) continue
    forEachLine(text, (raw) => {
      if (!raw.includes('badfilter')) return
      const parsed = parseLine(raw)
      if (parsed.kind === 'rules' && parsed.badfilter) takenBack.add(adblockKey(raw.trim()))
    })
  }
  return takenBack
}

function indentOf(raw: string): number {
  const first = raw.charCodeAt(0)
  return first === 0x20 || first === 0x09 || first === 0xfeff ? raw.length - raw.trimStart().length : 0
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

const PASTED_URL = /^\s*(?:(?:block|allow)!?\s+)?[a-z][a-z0-9+.-]*:\/\//i
const EMPTY = {
  line: 0,
  column: 0,
  severity: 'error',
  message: 'it holds no rule',
  fix: 'add one, or name another file',
  code: 'empty',
} as const
