import type { RuleTable } from '../table.js'
import { canonicalPath, compilePath, type PathTest } from '../url-path.js'
import { createAddressTable } from './address-table.js'
import { createExactHostTable } from './exact-host-table.js'
import { createGlobTable } from './glob-table.js'
import { createHostSuffixTable } from './host-suffix-table.js'

/** Rules for URLs: the host finds them, the path decides. They say nothing about a tunnel. */
export function createUrlTable(): RuleTable {
  const hostTables: readonly RuleTable[] = [
    createExactHostTable(),
    createHostSuffixTable(),
    createAddressTable(),
    createGlobTable(),
  ]
  const paths: { readonly id: number; readonly path: string; readonly below: boolean; test: PathTest | undefined }[] =
    []
  const candidates: number[] = []

  return {
    name: 'url',

    tryAdd(pattern, id) {
      if (pattern.kind !== 'url') return false
      const at = paths.push({ id, path: pattern.path, below: pattern.below, test: undefined }) - 1
      return hostTables.some((table) => table.tryAdd(pattern.host, at))
    },

    settle() {
      for (const table of hostTables) table.settle?.()
    },

    collect(query, found) {
      if (query.path === undefined || paths.length === 0) return
      candidates.length = 0
      for (const table of hostTables) table.collect(query, candidates)
      if (candidates.length === 0) return
      const path = canonicalPath(query.path)
      for (const at of candidates) {
        const rule = paths[at]
        if (rule === undefined) continue
        rule.test ??= compilePath(rule.path, rule.below)
        if (rule.test(path)) found.push(rule.id)
      }
    },
  }
}
