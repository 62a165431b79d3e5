import { dirname, resolve } from 'node:path'
import { parseConfig } from './parse.js'
import type { Settings } from './settings.js'
import { readTextFile } from './text-file.js'

/**
 * Reads a configuration file, YAML or JSON. Paths in it are relative to it.
 *
 * @throws {InputError} it cannot be read, or every fault found in it
 */
export async function loadConfigFile(file: string): Promise<Settings> {
  const text = await readTextFile(file, 'configuration')
  return parseConfig(text, { file, directory: dirname(resolve(file)) })
}
