import { forEachLine } from '../rules/lines.js'
import { parseLine, splitReason } from '../rules/parse.js'
import type { RuleAction } from '../rules/rule.js'
import { type ImportedRule, type Skipped, type SourceFile, skip } from './imported.js'

export type ReadLines = { readonly rules: readonly ImportedRule[]; readonly skipped: readonly Skipped[] }

export type ReadLinesOptions = {
  /** For patterns that state none. */
  readonly action?: RuleAction
  /** Why a line was skipped, in words that say more than those of the parser. */
  readonly reasonOf?: (line: string) => string | undefined
}

/** The lines of a file in any published format that veilgate reads by itself, read as it reads them. */
export function readLines(file: SourceFile, options: ReadLinesOptions = {}): ReadLines {
  const rules: ImportedRule[] = []
  const skipped: Skipped[] = []
  forEachLine(file.text, (raw, line) => {
    const read = readLine(raw, { file: file.name, line }, options)
    rules.push(...read.rules)
    skipped.push(...read.skipped)
  })
  return { rules, skipped }
}

/** One such line. */
export function readLine(
  raw: string,
  place: { readonly file: string; readonly line: number },
  { action = 'block', reasonOf }: ReadLinesOptions = {},
): ReadLines {
  const text = raw.trim()
  const parsed = parseLine(raw)
  const refused = (reason: string): Skipped => skip(place, reasonOf?.(text) ?? reason, text)
  switch (parsed.kind) {
    case 'blank':
      return NOTHING
    case 'rules': {
      const level = `${parsed.action ?? action}${parsed.important ? '!' : ''}` as const
      const { except } = parsed
      // what a list says of a line, in the forms that have such comments
      const reason = splitReason(text).reason
      return {
        rules: parsed.patterns.map((pattern) => ({ ...place, level, pattern, except, reason, text })),
        skipped: parsed.problem === undefined ? [] : [refused(parsed.problem.message)],
      }
    }
    case 'skipped':
      return parsed.reason === LOCAL_NAME ? NOTHING : { rules: [], skipped: [refused(parsed.reason)] }
    case 'problem':
      return { rules: [], skipped: [refused(parsed.message)] }
    default:
      return { rules: [], skipped: [refused('names other files or a default, which this format does not have')] }
  }
}

/** `localhost` and its kin: every system has them, nobody misses them. */
const LOCAL_NAME = 'local name of a hosts file'
const NOTHING: ReadLines = { rules: [], skipped: [] }
