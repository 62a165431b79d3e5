import { readFile } from 'node:fs/promises'
import { buffer as readAll } from 'node:stream/consumers'
import { gunzip, isGzip } from './gunzip.js'
import type { LoadedFile } from './rule-file-walk.js'

export type RuleFilesIo = {
  readonly stdin?: () => Promise<string>
  /** Told of each file before it is read, whether it is there or not. */
  readonly opening?: (path: string) => void
}

/** Below the longest string that V8 makes (2^29 - 24 characters); five million names take 100 MiB. */
const MAX_UNPACKED_BYTES = 256 * 1_048_576

/** The text of a rule file, unpacked where it is packed, without the lines that were not asked for. */
export async function readRuleText(file: LoadedFile, { stdin }: RuleFilesIo): Promise<string> {
  if (file.path === '-' && stdin !== undefined) return stdin()
  const bytes = file.path === '-' ? await readAll(process.stdin) : await readFile(file.path)
  return textForRules((await unpacked(bytes, file.path)).toString('utf8'), file)
}

/** True for files whose text must be changed before their lines are rules. */
export function isChangedText({ part, attributes }: LoadedFile): boolean {
  return part === 'expressions' || attributes.length > 0
}

/** @throws {Error} a name that says gzip over something else, or more than 256 MiB */
export async function unpacked(bytes: Buffer, path: string): Promise<Buffer> {
  if (isGzip(bytes)) return gunzip(bytes, MAX_UNPACKED_BYTES)
  if (path.endsWith('.gz')) throw new Error('its name ends in .gz and it is no gzip file')
  return bytes
}

export function textForRules(text: string, { part, attributes }: LoadedFile): string {
  const lines = part === 'expressions' ? text.split('\n').map(toRegexLine).join('\n') : text
  return attributes.length === 0 ? lines : onlyWithAttributes(lines, attributes)
}

/** An expression becomes the `/expression/` that other files would write. */
function toRegexLine(line: string): string {
  const expression = line.trim()
  return expression === '' || expression.startsWith('#') ? line : `/${expression}/`
}

/** Other lines become empty, so that line numbers stay. */
function onlyWithAttributes(text: string, attributes: readonly string[]): string {
  const lines = text.split('\n').map((line) => {
    const own: readonly string[] = line.split('#', 1)[0]?.match(/(?<=\s@)[\w!-]+/g) ?? []
    const has = (attribute: string) =>
      attribute.startsWith('-') ? !own.includes(attribute.slice(1)) : own.includes(attribute)
    return attributes.every(has) ? line : ''
  })
  return lines.join('\n')
}
