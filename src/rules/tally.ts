import type { Problem } from '../errors.js'
import type { LineProblem } from './parsed-line.js'
import type { SourceCounts } from './rule.js'

/** One wrong line in a huge list makes its file native, and then every line may be wrong. */
const MAX_PROBLEMS_PER_SOURCE = 100

export type Tally = ReturnType<typeof createTally>

/** Counts what one source holds, and decides at its end whether what was not understood is an error. */
export function createTally(name: string) {
  const byFormat: Record<string, number> = {}
  const skipped: Record<string, number> = {}
  const found: { readonly problem: LineProblem; readonly line: number }[] = []
  let lines = 0
  let rules = 0
  let misread = 0
  let isNativeFile = false
  let hasContent = false

  function inFile({ problem: { column, message, fix }, line }: (typeof found)[number]): Problem {
    return { file: name, line, column, message, fix }
  }

  return {
    lines(count: number) {
      lines += count
    },
    native() {
      isNativeFile = true
    },
    content() {
      hasContent = true
    },
    rules(format: string, count: number) {
      rules += count
      byFormat[format] = (byFormat[format] ?? 0) + count
    },
    skip(reason: string, count = 1) {
      skipped[reason] = (skipped[reason] ?? 0) + count
    },
    problem(problem: LineProblem, line: number) {
      misread++
      const reason = problem.code === 'invalid-name' ? 'not a valid host name' : 'not understood'
      skipped[reason] = (skipped[reason] ?? 0) + 1
      if (found.length < MAX_PROBLEMS_PER_SOURCE) found.push({ problem, line })
    },
    problems(): readonly Problem[] {
      if (isNativeFile && found.length > 0) {
        const problems = found.map(inFile)
        const more = misread - found.length
        return more === 0
          ? problems
          : [...problems, { ...AT_FILE, file: name, message: `${more} more lines like these`, fix: '' }]
      }
      // of a file that holds nothing else, the first line that was not understood shows why
      return rules > 0 || hasContent ? [] : [emptySource(name, skipped), ...found.slice(0, 1).map(inFile)]
    },
    counts(): SourceCounts {
      return { list: name, lines, rules, byFormat, skipped }
    },
  }
}

/** What two texts of one list hold together. */
export function sumOfCounts(a: SourceCounts, b: SourceCounts): SourceCounts {
  return {
    list: a.list,
    lines: a.lines + b.lines,
    rules: a.rules + b.rules,
    byFormat: sums(a.byFormat, b.byFormat),
    skipped: sums(a.skipped, b.skipped),
  }
}

function sums(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const sum = { ...a }
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

/** A file in which nothing was found is not the file that was meant. */
function emptySource(name: string, skipped: Readonly<Record<string, number>>): Problem {
  const reasons = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`)
  const message = reasons.length === 0 ? 'it holds no rule' : `it holds no rule (skipped: ${reasons.join(', ')})`
  return { ...AT_FILE, file: name, message, fix: 'name a file with at least one rule' }
}

const AT_FILE = { line: 0, column: 0 }
