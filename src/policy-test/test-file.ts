import { basename, dirname, resolve } from 'node:path'
import type { RuleFile } from '../config/config.js'
import type { Settings } from '../config/settings.js'
import { readTextFile } from '../config/text-file.js'
import { parseDocument } from '../config/yaml-document.js'
import type { Expectation } from './judge.js'
import { TEST_GRAMMAR, type TestFileContent } from './test-grammar.js'

/** What a `*.test.yaml` asks. */
export type TestFile = {
  /** As the user gave it. */
  readonly name: string
  /** Absolute path of the configuration under test. */
  readonly config: string | undefined
  /** What the file says over that configuration. */
  readonly settings: Settings
  readonly expectations: readonly Expectation[]
}

/**
 * Reads a file of policy tests, YAML or JSON.
 *
 * @throws {InputError} it cannot be read, or every fault found in it
 */
export async function loadTestFile(name: string): Promise<TestFile> {
  return parseTestFile(await readTextFile(name, 'test'), name)
}

/** @throws {InputError} every fault of the text, each at its line and column */
export function parseTestFile(text: string, name: string): TestFile {
  const { value, lineOf } = parseDocument(text, name, TEST_GRAMMAR)
  const directory = dirname(resolve(name))
  return {
    name,
    config: value.config === undefined ? undefined : resolve(directory, value.config),
    settings: { rules: { files: rulesUnderTest(value, name), default: value.default, scope: value.scope } },
    expectations: value.tests.flatMap(({ name: title, expect, host = [], url = [], rule }, i) =>
      [...host, ...url].map((target) => ({ title, target, expect, rule, line: lineOf(['tests', i]) })),
    ),
  }
}

function rulesUnderTest({ rules, config }: TestFileContent, name: string): readonly RuleFile[] | undefined {
  const directory = dirname(resolve(name))
  if (rules !== undefined) {
    return rules.map((file) => {
      const { path, action } = typeof file === 'string' ? { path: file, action: 'block' as const } : file
      return { name: path, path: resolve(directory, path), action }
    })
  }
  if (config !== undefined) return undefined
  const beside = basename(name).replace(/(?:\.test)?\.(?:ya?ml|json)$/i, '.rules')
  return [{ name: beside, path: resolve(directory, beside), action: 'block' }]
}
