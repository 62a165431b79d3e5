import { importAdguard } from './adguard.js'
import { importClash } from './clash.js'
import { importE2guardian } from './e2guardian.js'
import { importHosts } from './hosts.js'
import type { ImportSource } from './import-sources.js'
import type { FindFiles, Importer, Skipped, SourceFile, Subscription } from './imported.js'
import { importPihole } from './pihole.js'
import { printRules } from './print-rules.js'
import { importPrivoxy } from './privoxy.js'
import { importSquid } from './squid.js'

export type ImportResult = {
  /** A native rule file without errors, empty where nothing could be carried over. */
  readonly text: string
  /** Lines in it. */
  readonly blocks: number
  readonly allows: number
  readonly isDefaultBlock: boolean
  readonly lists: readonly Subscription[]
  /** In the order of files and lines. */
  readonly skipped: readonly Skipped[]
}

/**
 * Files of another tool → a native rule file, and all that it does not say.
 *
 * @param find what the files name; asked once for each mention
 */
export function importRules(source: ImportSource, files: readonly SourceFile[], find: FindFiles): ImportResult {
  const imported = IMPORTERS[source](files, find)
  const { text, blocks, allows, skipped } = printRules(imported, source)
  const order = new Map(files.map(({ name }, i) => [name, i]))
  const orderOf = ({ file }: Skipped) => order.get(file) ?? files.length
  return {
    text,
    blocks,
    allows,
    isDefaultBlock: imported.defaultAction === 'block',
    lists: imported.lists,
    skipped: [...imported.skipped, ...skipped].toSorted(
      (a, b) => orderOf(a) - orderOf(b) || (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line),
    ),
  }
}

const IMPORTERS: Readonly<Record<ImportSource, Importer>> = {
  squid: importSquid,
  privoxy: importPrivoxy,
  e2guardian: importE2guardian,
  adguard: importAdguard,
  pihole: importPihole,
  hosts: importHosts,
  clash: importClash,
}
