import { resolve } from 'node:path'
import { loadRuleFiles } from '../config/rule-files.js'
import { counted } from '../counted.js'
import { formatProblem, InputError } from '../errors.js'
import type { Finding } from '../rules/lint/finding.js'
import { lintRules } from '../rules/lint.js'

export type LintOptions = { readonly json?: true; readonly strict?: true }

/**
 * `veilgate lint FILE…`: findings on standard output, how many of them on standard error.
 *
 * @returns the exit code: 1 for errors, with `strict` for warnings too
 * @throws {InputError} a file cannot be read
 */
export async function lint(files: readonly string[], { json, strict }: LintOptions): Promise<number> {
  const findings = await findFaults(files)
  process.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : findings.map(toLine).join(''))

  const errors = findings.filter(({ severity }) => severity === 'error').length
  const warnings = findings.filter(({ severity }) => severity === 'warning').length
  process.stderr.write(
    `veilgate: ${counted(errors, 'error')}, ${counted(warnings, 'warning')} in ${counted(files.length, 'file')}\n`,
  )
  return errors > 0 || (strict && warnings > 0) ? 1 : 0
}

async function findFaults(files: readonly string[]): Promise<readonly Finding[]> {
  const ruleFiles = files.map((name) => ({ name, path: name === '-' ? name : resolve(name), action: 'block' as const }))
  try {
    return lintRules(await loadRuleFiles(ruleFiles))
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    // a fault with a line is one in the text, such as an include that leads nowhere; without a line the file itself is missing
    if (error.problems.some(({ line }) => line === 0)) throw error
    return error.problems.map((problem) => ({ ...problem, severity: 'error', code: 'include' }))
  }
}

function toLine(finding: Finding): string {
  const { file, line, column, severity, message, fix } = finding
  return `${formatProblem({ file, line, column, message: `${severity}: ${message}`, fix })}\n`
}
