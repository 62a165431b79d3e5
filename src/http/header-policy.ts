import { createFieldTable, type FieldTable, UNTOUCHABLE } from './field-table.js'
import { HEADER_CATALOG, type HeaderGroup } from './header-catalog.js'

export type HeaderOptions = {
  readonly profile: 'off' | 'standard'
  /** Names the profile would take out and shall not; lower or upper case. */
  readonly keep: readonly string[]
  readonly remove: readonly string[]
  /** Replaced or added in requests. */
  readonly set: Readonly<Record<string, string>>
}

/** What happens to fields, compiled once per configuration. */
export type HeaderPolicy = {
  readonly request: FieldTable
  readonly response: FieldTable
  /** Cross-site `Referer` is cut to its origin, and `X-Requested-With` goes when it names an app. */
  readonly trimsReferer: boolean
  readonly hidesApp: boolean
  /** Field lines, each with CRLF, added to every request. */
  readonly added: string
}

const REQUEST_GROUPS: readonly HeaderGroup[] = ['always', 'carrier', 'standard']
const RESPONSE_GROUPS: readonly HeaderGroup[] = ['response']
/** What clients say to a proxy ends at the proxy, also in `off`. */
const FOR_PROXIES = 'proxy-*'

/**
 * Compiles a profile and its changes. `remove` and `set` act in every profile,
 * also in `off`, which otherwise takes out hop-by-hop fields only.
 */
export function compileHeaderPolicy({ profile, keep, remove, set }: HeaderOptions): HeaderPolicy {
  const kept = new Set(keep.map((name) => name.toLowerCase()))
  const removed = remove.map((name) => name.toLowerCase())
  const replaced = Object.keys(set).map((name) => name.toLowerCase())
  const listed = (groups: readonly HeaderGroup[]) =>
    profile === 'off'
      ? []
      : HEADER_CATALOG.filter(({ name, group }) => groups.includes(group) && !kept.has(name)).map(({ name }) => name)

  return {
    request: createFieldTable([FOR_PROXIES, ...listed(REQUEST_GROUPS), ...removed, ...replaced], kept),
    response: createFieldTable([...listed(RESPONSE_GROUPS), ...removed], kept),
    trimsReferer: profile !== 'off' && !kept.has('referer'),
    hidesApp: profile !== 'off' && !kept.has('x-requested-with'),
    added: Object.entries(set)
      .filter(([name]) => !UNTOUCHABLE.has(name.toLowerCase()))
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join(''),
  }
}
