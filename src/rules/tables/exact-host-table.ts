import type { RuleTable } from '../table.js'
import { createIdMap } from './id-map.js'

/** Rules for one host name, with or without a port: one Map read a lookup. */
export function createExactHostTable(): RuleTable {
  const idsByHost = createIdMap()

  return {
    name: 'exact-host',

    tryAdd(pattern, id) {
      if (pattern.kind !== 'host') return false
      idsByHost.add(pattern.host, id)
      return true
    },

    collect({ host }, found) {
      idsByHost.collect(host, found)
    },
  }
}
