import { RE2JS, RE2Set } from 're2js'
import type { RuleTable } from '../table.js'

/** Regular expressions, all searched in one pass of one automaton: linear in the host. */
export function createRegexTable(): RuleTable {
  const sources: string[] = []
  const ids: number[] = []
  let set: RE2Set | undefined

  return {
    name: 'regex',

    tryAdd(pattern, id) {
      if (pattern.kind !== 'regex') return false
      sources.push(pattern.source)
      ids.push(id)
      set = undefined
      return true
    },

    collect({ host }, found) {
      if (sources.length === 0) return
      set ??= compileSet(sources)
      for (const at of set.match(host)) {
        const id = ids[at]
        if (id !== undefined) found.push(id)
      }
    },
  }
}

function compileSet(sources: readonly string[]): RE2Set {
  const set = new RE2Set(RE2Set.UNANCHORED, RE2JS.CASE_INSENSITIVE)
  for (const source of sources) set.add(source)
  set.compile()
  return set
}
