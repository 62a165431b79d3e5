import type { RuleTable } from '../table.js'
import { createIdMap } from './id-map.js'

/**
 * Rules such as `.example.com`, keyed by the text after the dot.
 *
 * A lookup tries each suffix that starts after a dot, so it costs a Map read
 * per label of the host whatever the number of rules. `*.example.com` does not
 * match `example.com` itself, `.example.com` does.
 */
export function createHostSuffixTable(): RuleTable {
  const withApex = createIdMap()
  const below = createIdMap()
  const children = createIdMap()

  return {
    name: 'host-suffix',

    tryAdd(pattern, id) {
      if (pattern.kind !== 'suffix') return false
      const map = pattern.reach === 'all' ? withApex : pattern.reach === 'below' ? below : children
      map.add(pattern.suffix, id)
      return true
    },

    collect({ host, family }, found) {
      if (family !== 0) return
      if (withApex.size > 0) withApex.collect(host, found)
      const first = host.indexOf('.')
      for (let dot = first; dot !== -1; dot = host.indexOf('.', dot + 1)) {
        const suffix = host.slice(dot + 1)
        if (withApex.size > 0) withApex.collect(suffix, found)
        if (below.size > 0) below.collect(suffix, found)
        if (dot === first && children.size > 0) children.collect(suffix, found)
      }
    },
  }
}
