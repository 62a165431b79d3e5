import { hostRegex, nativePattern, type PatternOrReason } from './host-regex.js'
import {
  append,
  type Imported,
  type ImportedRule,
  type Skipped,
  type SourceFile,
  type Subscription,
  skip,
} from './imported.js'
import { readPiholeEntries } from './pihole-entries.js'
import type { PiholeEntry } from './pihole-rows.js'
import { readLines } from './read-lines.js'

/**
 * Pi-hole: exact and regular allow and deny entries, adlists as subscriptions.
 * Read are its text files (`whitelist.txt`, `blacklist.txt`, `regex.list`,
 * `adlists.list`, `gravity.list`, `custom.list`), the JSON files of Teleporter,
 * a dump of `gravity.db` and `pihole.toml`; which it is, name and text say.
 */
export function importPihole(files: readonly SourceFile[]): Imported {
  const rules: ImportedRule[] = []
  const named = new Set<ImportedRule>()
  const lists: Subscription[] = []
  const skipped: Skipped[] = []
  for (const file of files) {
    if (file.text.startsWith('SQLite format 3')) {
      skipped.push(skip({ file: file.name, line: 1 }, DATABASE, 'SQLite format 3'))
      continue
    }
    const read = readPiholeEntries(file)
    if (read === undefined) {
      const asList = readLines(file)
      append(rules, asList.rules)
      append(skipped, asList.skipped)
      continue
    }
    append(skipped, read.skipped)
    for (const entry of read.entries) {
      if (entry.kind === 'list') lists.push(entry)
      else addRule(entry)
    }
  }
  // an allowlist that is subscribed to beats lists and expressions that deny, not what is denied by name
  const hasAllowLists = lists.some(({ action }) => action === 'allow')
  return { rules: hasAllowLists ? rules.map(aboveLists) : rules, lists, skipped }

  function aboveLists(rule: ImportedRule): ImportedRule {
    const isAbove = rule.level === 'allow' || named.has(rule)
    return isAbove && !rule.level.endsWith('!')
      ? { ...rule, level: rule.level === 'allow' ? 'allow!' : 'block!' }
      : rule
  }

  function addRule(entry: Extract<PiholeEntry, { readonly kind: 'exact' | 'regex' }>): void {
    const { file, line, action, reason, text } = entry
    const read = entry.kind === 'exact' ? nativePattern(text) : piholeRegex(text)
    if ('pattern' in read) {
      const rule = { file, line, level: action, pattern: read.pattern, reason, text }
      rules.push(rule)
      if (entry.kind === 'exact') named.add(rule)
    } else skipped.push(skip({ file, line }, read.reason, text))
  }
}

/** An extended expression, with Pi-hole's own extensions behind `;`. */
function piholeRegex(text: string): PatternOrReason {
  const [source = '', ...extensions] = text.split(/;(?=(?:querytype|reply)=|invert\b)/)
  // what is answered in place of the address does not matter to a proxy: it is blocked
  const other = extensions.find((extension) => !extension.startsWith('reply='))
  return other === undefined
    ? hostRegex(source)
    : { reason: `the extension ;${other} asks for what only a resolver sees` }
}

const DATABASE = 'a database is not read: write it out with `pihole-FTL sqlite3 gravity.db .dump` and import that'
