import { forEachLine } from '../rules/lines.js'
import { type Place, type Skipped, type SourceFile, skip } from './imported.js'
import { NO_URL, type PiholeEntries, type PiholeEntry, readDump, readTeleporter, toList } from './pihole-rows.js'

/** The entries of a file of Pi-hole; undefined for one that is a published list, such as `gravity.list`. */
export function readPiholeEntries(file: SourceFile): PiholeEntries | undefined {
  const name = file.name.replace(/.*\//, '').toLowerCase()
  if (name.endsWith('.toml')) return readToml(file)
  if (name.endsWith('.json')) return readTeleporter(file, name)
  if (/^INSERT INTO /m.test(file.text)) return readDump(file)
  if (/^(?:custom\.list|05-pihole-custom-cname\.conf|setupvars\.conf)$/.test(name)) return readSettings(file)
  if (/^adlists?\b/.test(name)) return readText(file, (text) => toList(text, 'block', undefined))
  const action = /white|allow/.test(name) ? 'allow' : 'block'
  const isRegex = /regex/.test(name)
  if (!isRegex && !/white|allow|black|deny/.test(name)) return undefined
  return readText(file, (text, place, reason) => ({
    ...place,
    kind: isRegex ? 'regex' : 'exact',
    action,
    text,
    reason,
  }))
}

type ToEntry = (text: string, place: Place, reason: string | undefined) => PiholeEntry | undefined

/** One entry a line; `#` at the start switches a line off. */
function readText(file: SourceFile, toEntry: ToEntry): PiholeEntries {
  const entries: PiholeEntry[] = []
  const skipped: Skipped[] = []
  forEachLine(file.text, (raw, line) => {
    const [, text = '', reason] = /^\s*(.*?)(?:\s+#\s*(.*?))?\s*$/.exec(raw) ?? []
    if (text === '' || text.startsWith('#')) return
    const place = { file: file.name, line }
    const entry = toEntry(text, place, reason)
    if (entry === undefined) skipped.push(skip(place, NO_URL, text))
    else entries.push(entry)
  })
  return { entries, skipped }
}

/** Local names and switches of the resolver. */
function readSettings(file: SourceFile): PiholeEntries {
  const skipped: Skipped[] = []
  forEachLine(file.text, (raw, line) => {
    const text = raw.trim()
    if (text !== '' && !text.startsWith('#')) skipped.push(skip({ file: file.name, line }, RESOLVER, text))
  })
  return { entries: [], skipped }
}

/** `pihole.toml` holds settings and no lists: names with an address of their own are told one by one. */
function readToml(file: SourceFile): PiholeEntries {
  const skipped: Skipped[] = []
  let settings = 0
  let inNames = false
  forEachLine(file.text, (raw, line) => {
    const text = raw.replace(/\s#.*$/, '').trim()
    if (text === '' || text.startsWith('#')) return
    if (/^(?:hosts|cnameRecords)\s*=/.test(text)) inNames = true
    else if (/^\w+\s*=/.test(text)) settings++
    if (!inNames) return
    for (const [, quoted = ''] of text.matchAll(/"([^"]+)"/g))
      skipped.push(skip({ file: file.name, line }, RESOLVER, quoted))
    if (text.endsWith(']')) inNames = false
  })
  if (settings > 0) skipped.push(skip({ file: file.name, line: 1 }, 'settings of a resolver', file.name, settings))
  return { entries: [], skipped }
}

const RESOLVER = 'changes what DNS answers, or another setting of a resolver'
