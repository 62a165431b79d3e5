import { forEachLine } from '../rules/lines.js'
import type { RuleAction } from '../rules/rule.js'
import { kindFromSetting, kindOf, type ListKind, whyNoList } from './e2guardian-kind.js'
import { e2guardianLine } from './e2guardian-line.js'
import {
  createGroups,
  type FindFiles,
  type Imported,
  type ImportedRule,
  type Skipped,
  type SourceFile,
  skip,
} from './imported.js'

/**
 * e2guardian and DansGuardian: lists of sites, URLs and addresses, whose action
 * their name says, and `e2guardian.conf`, which names them. Exceptions and grey
 * lists beat banned lists, as `allow` beats `block`, and local lists beat both. Lists about pages, searches
 * and clients are reported.
 */
export function importE2guardian(files: readonly SourceFile[], find: FindFiles): Imported {
  const rules: ImportedRule[] = []
  const skipped: Skipped[] = []
  const settings = createGroups()
  let defaultAction: RuleAction | undefined
  for (const file of files) {
    const kind = kindOf(file.name)
    if (kind !== undefined) readList(file, kind, [])
    else if (/\.conf(?:\.in)?$/.test(file.name)) readConf(file)
    else skipped.push(skip({ file: file.name, line: 1 }, whyNoList(file.name), file.name))
  }
  return { rules, lists: [], skipped: [...skipped, ...settings.list()], ...(defaultAction && { defaultAction }) }

  /** `bannedsitelist = '/path'`, `sitelist = 'name=banned,path=/path'`. */
  function readConf(file: SourceFile): void {
    forEachLine(file.text, (raw, line) => {
      const [, key = '', value = ''] = /^\s*([a-z]\w*)\s*=\s*'?(.*?)'?\s*$/i.exec(raw) ?? []
      if (key === '') return
      const place = { file: file.name, line }
      const named = kindFromSetting(key, value)
      if (named === undefined) {
        settings.add(place, 'settings of e2guardian that are no lists of sites or URLs', file.name)
        return
      }
      const [list] = find(named.path, file)
      if (list === undefined) skipped.push(skip(place, 'this list is not here', named.path))
      else readList(list, named.kind, [])
    })
  }

  function readList(file: SourceFile, kind: ListKind, chain: readonly string[]): void {
    let category: string | undefined
    const time = /^#time:.*$/m.exec(file.text)
    if (time !== null) {
      const entries = file.text.split('\n').filter((line) => /^\s*[^#\s]/.test(line)).length
      const line = file.text.slice(0, time.index).split('\n').length
      if (entries > 0)
        skipped.push(
          skip({ file: file.name, line }, 'holds at some times only; schedules come later', time[0], entries),
        )
      return
    }
    forEachLine(file.text, (raw, line) => {
      const place = { file: file.name, line }
      const text = raw.trim()
      category = /^#listcategory:\s*"(.*)"/i.exec(text)?.[1] ?? category
      const include = /^\.Include<(.*)>/i.exec(text)?.[1]
      if (include !== undefined) {
        const [next] = find(include, file)
        if (next === undefined) skipped.push(skip(place, 'the included list is not here', text))
        else if ([...chain, file.name].includes(next.name)) skipped.push(skip(place, 'includes itself', text))
        else readList(next, kind, [...chain, file.name])
        return
      }
      if (text === '' || text.startsWith('#')) return
      const read = e2guardianLine(text, kind)
      if ('isEverything' in read) {
        if (kind.level.startsWith('block')) defaultAction = 'block'
        else skipped.push(skip(place, 'an exception for everything leaves no filter', text))
      } else if ('reason' in read) skipped.push(skip(place, read.reason, text))
      else {
        rules.push({ ...place, level: kind.level, pattern: read.pattern, reason: category, text })
        if (read.note !== undefined) skipped.push(skip(place, read.note, text))
      }
    })
  }
}
