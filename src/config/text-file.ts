import { readFile } from 'node:fs/promises'
import { InputError } from '../errors.js'

/** Such files are written by hand; more than this is some other file. */
const MAX_FILE_BYTES = 1_048_576

/**
 * Text of a YAML or JSON file that a person wrote for us.
 *
 * @param what such a file is called: `configuration`
 * @throws {InputError} it cannot be read, is over 1 MiB or not UTF-8
 */
export async function readTextFile(file: string, what: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await readFile(file)
  } catch (error) {
    throw unreadable(
      file,
      `cannot be read (${errnoOf(error)})`,
      'give the path of a YAML or JSON file that this user may read',
    )
  }
  if (bytes.length > MAX_FILE_BYTES)
    throw unreadable(file, 'over 1 MiB', `give a ${what} file; rules go into rule files`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unreadable(file, 'not UTF-8 text', 'save it as UTF-8')
  }
}

function unreadable(file: string, message: string, fix: string): InputError {
  return new InputError([{ file, line: 0, column: 0, message, fix }])
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
