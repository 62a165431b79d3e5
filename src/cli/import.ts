import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { buffer as readAll } from 'node:stream/consumers'
import { unpacked } from '../config/rule-text.js'
import { writeAside } from '../config/write-aside.js'
import { counted } from '../counted.js'
import { CannotRunError, InputError } from '../errors.js'
import { type ImportResult, importRules } from '../import/import-rules.js'
import type { ImportSource } from '../import/import-sources.js'
import type { Skipped, SourceFile } from '../import/imported.js'
import { escaped } from './escaped.js'
import { findFiles } from './find-files.js'

export type ImportOptions = {
  readonly from: ImportSource
  readonly output?: string
  readonly force?: true
  readonly json?: true
}

/** Lines told of each reason of a file; `--json` tells all. */
const MAX_TOLD = 20
/** Characters told of a line: two lines of a terminal. A line of a list may have thousands; `--json` tells all. */
const MAX_TEXT = 160

/**
 * `veilgate import --from TOOL FILE…`: a native rule file on standard output or in
 * `output`, what it does not say on standard error (with `json` on standard output).
 *
 * @returns the exit code: 1 where nothing could be carried over, so that nothing is written
 * @throws {InputError} a file cannot be read, the output exists, `json` without an output
 * @throws {CannotRunError} the output cannot be written
 */
export async function importFiles(names: readonly string[], options: ImportOptions): Promise<number> {
  const { from, output, force, json } = options
  if (json && output === undefined)
    throw refused('--json', 'without --output the rules are on standard output', 'add --output FILE')
  if (output !== undefined && !force && existsSync(output))
    throw refused(output, 'there is such a file already', 'name another one, or add --force to replace it')

  const files: SourceFile[] = []
  for (const name of names) files.push({ name, text: await readText(name) })
  const result = importRules(from, files, findFiles)
  const isEmpty = result.text === ''
  if (output === undefined) process.stdout.write(result.text)
  else if (!isEmpty) await write(output, result.text)

  if (json) process.stdout.write(`${JSON.stringify(toJson(result, options), null, 2)}\n`)
  else process.stderr.write(toReport(result.skipped))
  // where there are rules they stand above them, as a comment
  if (isEmpty)
    for (const { url } of result.lists) process.stderr.write(`list to subscribe to, in rules.lists: ${escaped(url)}\n`)
  process.stderr.write(`${toSummary(result, names.length, options)}\n`)
  return isEmpty ? 1 : 0
}

async function readText(name: string): Promise<string> {
  try {
    const bytes = name === '-' ? await readAll(process.stdin) : await readFile(name)
    return (await unpacked(bytes, name)).toString('utf8')
  } catch (error) {
    throw refused(
      name,
      `cannot be read (${error instanceof Error ? error.message : String(error)})`,
      'name a text file that exists',
    )
  }
}

async function write(output: string, text: string): Promise<void> {
  try {
    await writeAside(resolve(output), text)
  } catch (error) {
    throw new CannotRunError(`cannot write ${output} (${error instanceof Error ? error.message : String(error)})`)
  }
}

function toReport(skipped: readonly Skipped[]): string {
  const told = new Map<string, number>()
  const lines = skipped.flatMap(({ file, line, reason, text, count }) => {
    const key = `${file}\n${reason}`
    const before = told.get(key) ?? 0
    told.set(key, before + 1)
    if (before >= MAX_TOLD) return []
    const place = line === 0 ? file : `${file}:${line}`
    return `${place}: ${escaped(reason)}: ${escaped(shortened(text))}${count === 1 ? '' : ` (${count} times)`}\n`
  })
  const more = [...told].flatMap(([key, count]) => {
    const [file = '', reason = ''] = key.split('\n')
    return count <= MAX_TOLD ? [] : `${file}: ${escaped(reason)}: ${count - MAX_TOLD} more\n`
  })
  return [...lines, ...more].join('')
}

function shortened(text: string): string {
  // the first half of a character of two units is none
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

function toSummary(
  { blocks, allows, isDefaultBlock, lists, skipped }: ImportResult,
  files: number,
  { from, output }: ImportOptions,
) {
  const parts = [
    `${blocks} block, ${allows} allow`,
    ...(isDefaultBlock ? ['default block'] : []),
    ...(lists.length === 0 ? [] : [`${counted(lists.length, 'list')} to subscribe to`]),
    `${countOf(skipped)} not carried over as a whole`,
  ]
  const where = output === undefined || blocks + allows === 0 ? '' : ` → ${output}`
  return `veilgate: ${counted(files, 'file')} of ${from}${where}: ${parts.join(', ')}`
}

function toJson({ blocks, allows, isDefaultBlock, lists, skipped }: ImportResult, { from, output }: ImportOptions) {
  const rules = { block: blocks, allow: allows, default: isDefaultBlock ? 'block' : 'allow' }
  return {
    from,
    output: blocks + allows > 0 || isDefaultBlock ? output : null,
    rules,
    lists,
    skippedLines: countOf(skipped),
    skipped,
  }
}

function countOf(skipped: readonly Skipped[]): number {
  return skipped.reduce((sum, { count }) => sum + count, 0)
}

function refused(file: string, message: string, fix: string): InputError {
  return new InputError([{ file, line: 0, column: 0, message, fix }])
}
