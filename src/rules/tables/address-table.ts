import { createCidrTable } from '../../http/cidr.js'
import type { RuleTable } from '../table.js'

/** Rules for addresses and CIDRs: they match literals, and what DNS answered. */
export type AddressTable = RuleTable & {
  readonly size: number
  collectAddress(ip: string, found: number[]): void
}

export function createAddressTable(): AddressTable {
  const ids = createCidrTable<number>()

  return {
    name: 'address',

    get size() {
      return ids.size
    },

    tryAdd(pattern, id) {
      if (pattern.kind !== 'address') return false
      ids.add(pattern.cidr, id)
      return true
    },

    collect({ host, family }, found) {
      if (family !== 0) this.collectAddress(host, found)
    },

    collectAddress(ip, found) {
      for (const id of ids.all(ip)) found.push(id)
    },
  }
}
