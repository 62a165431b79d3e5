import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { InputError } from '../errors.js'
import { parseConfig } from './parse.js'
import type { Settings } from './settings.js'

/** A configuration is written by hand; more than this is some other file. */
const MAX_FILE_BYTES = 1_048_576

/**
 * Reads a configuration file, YAML or JSON. Paths in it are relative to it.
 *
 * @throws {InputError} it cannot be read, or every fault found in it
 */
export async function loadConfigFile(file: string): Promise<Settings> {
  return parseConfig(await readText(file), { file, directory: dirname(resolve(file)) })
}

async function readText(file: string): Promise<string> {
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
    throw unreadable(file, 'over 1 MiB', 'give a configuration file; rules go into rule files')
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
