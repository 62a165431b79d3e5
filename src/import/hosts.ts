import type { Imported, SourceFile } from './imported.js'
import { readLines } from './read-lines.js'

/** Hosts files: names that are sent nowhere are blocked; names with another address are reported. */
export function importHosts(files: readonly SourceFile[]): Imported {
  const read = files.map((file) => readLines(file))
  return { rules: read.flatMap(({ rules }) => rules), lists: [], skipped: read.flatMap(({ skipped }) => skipped) }
}
