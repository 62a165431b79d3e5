import { RE2JS } from 're2js'
import { requiredLiteral } from '../required-literal.js'
import type { RuleTable } from '../table.js'

/**
 * Regular expressions, each in time linear in the host. Most are dismissed by
 * one search for a text that they require, before they are even compiled. (One
 * automaton for all of them is slower: a thousand make states without end.)
 */
export function createRegexTable(): RuleTable {
  const entries: {
    readonly id: number
    readonly source: string
    readonly literal: string
    regex: RE2JS | undefined
  }[] = []

  return {
    name: 'regex',

    tryAdd(pattern, id) {
      if (pattern.kind !== 'regex') return false
      const { source } = pattern
      entries.push({ id, source, literal: requiredLiteral(source), regex: undefined })
      return true
    },

    collect({ host }, found) {
      for (const entry of entries) {
        if (!host.includes(entry.literal)) continue
        entry.regex ??= RE2JS.compile(entry.source, RE2JS.CASE_INSENSITIVE)
        if (entry.regex.test(host)) found.push(entry.id)
      }
    },
  }
}
