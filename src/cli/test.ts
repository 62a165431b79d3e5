import { writeFile } from 'node:fs/promises'
import { createProxy } from '../app.js'
import { counted } from '../counted.js'
import { CannotRunError, InputError } from '../errors.js'
import { judge, type Verdict } from '../policy-test/judge.js'
import { type TestedFile, toJunit } from '../policy-test/junit.js'
import { loadTestFile, type TestFile } from '../policy-test/test-file.js'
import { escaped } from './escaped.js'
import { loadConfig, sayMissing, setupOf } from './load.js'
import { malformedTarget } from './malformed-target.js'
import type { StartOptions } from './options.js'
import { ruleToJson } from './shown-rule.js'

export type TestOptions = StartOptions & { readonly junit?: string }

/**
 * `veilgate test FILE.yaml…`: asks the server's own stages what the files ask,
 * each with the rules that it names. Failures go to standard output, counts to
 * standard error.
 *
 * @returns the exit code: 1 when a test failed
 * @throws {InputError} a file, its rules or a target are wrong; then nothing is judged
 * @throws {CannotRunError} the JUnit file cannot be written
 */
export async function test(names: readonly string[], options: TestOptions): Promise<number> {
  const files: TestFile[] = []
  for (const name of names) files.push(await loadTestFile(name))
  const tested: TestedFile[] = []
  for (const file of files) tested.push({ name: file.name, verdicts: await judgeFile(file, options) })

  if (options.junit !== undefined) await write(options.junit, toJunit(tested))
  process.stdout.write(
    options.json ? `${JSON.stringify(tested.flatMap(toJson), null, 2)}\n` : tested.flatMap(failures).join(''),
  )
  const total = tested.reduce((sum, { verdicts }) => sum + verdicts.length, 0)
  const failed = tested.reduce((sum, file) => sum + failures(file).length, 0)
  process.stderr.write(`veilgate: ${total - failed} passed, ${failed} failed in ${counted(tested.length, 'file')}\n`)
  return failed === 0 ? 0 : 1
}

async function judgeFile(file: TestFile, options: TestOptions): Promise<readonly Verdict[]> {
  const configured = options.config === undefined && file.config !== undefined ? { config: file.config } : {}
  const config = await loadConfig({ ...options, ...configured }, file.settings)
  const { ruleSet, missing } = await setupOf(config)
  sayMissing(missing)
  const proxy = createProxy({ ...config, ruleSet })
  const verdicts = file.expectations.map((expectation) =>
    judge(expectation, proxy.decide({ target: expectation.target })),
  )
  const problems = verdicts.flatMap(({ decision, expectation: { line } }) =>
    decision.reason === 'malformed' ? [malformedTarget(decision, { file: file.name, line })] : [],
  )
  if (problems.length > 0) throw new InputError(problems)
  return verdicts
}

function failures({ name, verdicts }: TestedFile): readonly string[] {
  return verdicts.flatMap(({ expectation: { title, target, line }, fault }) =>
    fault === undefined
      ? []
      : escaped(`${name}:${line}: ${title === undefined ? '' : `${title}: `}${target}: ${fault}`).concat('\n'),
  )
}

function toJson({ name, verdicts }: TestedFile) {
  return verdicts.map(({ expectation: { title, target, expect, line }, decision, fault }) => ({
    file: name,
    line,
    ...(title !== undefined && { name: title }),
    target,
    expect,
    action: decision.action,
    reason: decision.reason,
    rule: decision.rule && ruleToJson(decision.rule),
    passed: fault === undefined,
    ...(fault !== undefined && { fault }),
  }))
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (error) {
    throw new CannotRunError(`cannot write ${file} (${error instanceof Error ? error.message : error})`)
  }
}
