import type { HeaderProfile } from '../config/config.js'
import { createFieldTable, FIELD_ENTRY_SHIFT, type FieldTable, UNTOUCHABLE } from './field-table.js'
import { HEADER_CATALOG, type HeaderAct, type HeaderGroup, type HeaderRow } from './header-catalog.js'

/** What a person says of fields, over what the profile does. Names in any case; `*` at the end stands for any rest. */
export type FieldChanges = {
  /** Names the profile would take out and shall not. */
  readonly keep?: readonly string[] | undefined
  readonly remove?: readonly string[] | undefined
  /** Replaced or added in requests. */
  readonly set?: Readonly<Record<string, string>> | undefined
}

export type HeaderOptions = FieldChanges & {
  readonly profile: HeaderProfile
  /** Each stands over the rest for some hosts; whose they are is not known here. */
  readonly perHost: readonly (FieldChanges & { readonly profile?: HeaderProfile | undefined })[]
}

// What happens to a field, as numbers for the copying pass.
export const KEEP = 0
export const REMOVE = 1
export const REMOVE_FROM_THIRD_PARTY = 2
export const CUT_REFERER = 3
export const HIDE_APP = 4
export const DISGUISE_AGENT = 5
export const DISGUISE_LANGUAGE = 6

const ACTS: { readonly [act in HeaderAct]: number } = {
  kept: KEEP,
  removed: REMOVE,
  'third-party': REMOVE_FROM_THIRD_PARTY,
  origin: CUT_REFERER,
  app: HIDE_APP,
  agent: DISGUISE_AGENT,
  language: DISGUISE_LANGUAGE,
}

/** A table of names, and what happens to each of its entries. */
export type FieldRules = { readonly table: FieldTable; readonly acts: Uint8Array }

/** What happens to fields, compiled once per configuration. All policies of one configuration share one table. */
export type HeaderPolicy = {
  readonly profile: HeaderProfile
  readonly request: FieldRules
  readonly response: FieldRules
  /** Something depends on whether one site loads from another. */
  readonly asksThirdParty: boolean
  /** `User-Agent` or `Accept-Language` are replaced, so that an identity has a say in it. */
  readonly isDisguised: boolean
  /** Tracking parameters are cut out of the path and of `Referer`. */
  readonly cutsTracking: boolean
  /** Field lines, each with CRLF, added to every request. */
  readonly added: string
}

export type HeaderPolicies = {
  readonly base: HeaderPolicy
  /** In the order of `HeaderOptions.perHost`. */
  readonly perHost: readonly HeaderPolicy[]
}

/** Groups of the catalogue by profile; each profile removes all that the one before it does. */
const REQUEST_GROUPS: { readonly [profile in HeaderProfile]: readonly HeaderGroup[] } = {
  off: ['proxy'],
  standard: ['proxy', 'always', 'carrier', 'standard'],
  strict: ['proxy', 'always', 'carrier', 'standard', 'strict'],
  paranoid: ['proxy', 'always', 'carrier', 'standard', 'strict'],
}
const RESPONSE_GROUPS: { readonly [profile in HeaderProfile]: readonly HeaderGroup[] } = {
  off: [],
  standard: ['response'],
  strict: ['response', 'strict-response'],
  paranoid: ['response', 'strict-response'],
}
/** Hints that say again what `User-Agent` says: they go where that does not go as it came. */
const AGENT_HINTS = 'sec-ch-ua'

/** What one part of a configuration says. */
type Layer = { readonly keep: readonly string[]; readonly remove: readonly string[]; readonly set: Map<string, string> }
type Said = 'keep' | 'remove' | 'set' | undefined
/** What the profile does with each name of the table. */
type ProfileActs = { readonly request: readonly number[]; readonly response: readonly number[] }

/** Compiles the profile with its changes, and the same for every entry of `perHost`. */
export function compileHeaderPolicies({ profile, perHost, ...changes }: HeaderOptions): HeaderPolicies {
  const top = layerOf(changes)
  const layers = perHost.map(layerOf)
  const table = createFieldTable([...HEADER_CATALOG.map(({ name }) => name), ...[top, ...layers].flatMap(namesIn)])
  const saidByTop = table.names.map((name) => whatIsSaid(top, name))
  const topLines = [...top.set.values()].join('')
  const actsOf = new Map<HeaderProfile, ProfileActs>()
  const compile = (wanted: HeaderProfile, said: readonly Said[], added: string): HeaderPolicy => {
    const acts = actsOf.get(wanted) ?? profileActs(wanted, table)
    actsOf.set(wanted, acts)
    return toPolicy(wanted, table, acts, said, added)
  }

  return {
    base: compile(profile, saidByTop, topLines),
    perHost: layers.map((layer, i) => {
      const saidByLayer = table.names.map((name) => whatIsSaid(layer, name))
      const said = saidByLayer.map((own, n) => own ?? saidByTop[n])
      const inherited = [...top.set].filter(([name]) => saidByLayer[table.names.indexOf(name)] === undefined)
      const added = [...inherited.map(([, line]) => line), ...layer.set.values()].join('')
      return compile(perHost[i]?.profile ?? profile, said, added)
    }),
  }
}

function toPolicy(
  profile: HeaderProfile,
  table: FieldTable,
  acts: ProfileActs,
  said: readonly Said[],
  added: string,
): HeaderPolicy {
  const { names } = table
  const requested = names.map((name, i) => actOf(name, said[i], acts.request[i] ?? KEEP))
  const isAgentOwn = requested[names.indexOf('user-agent')] === KEEP
  const request = Uint8Array.from(names, (name, i) =>
    name.startsWith(AGENT_HINTS) && !isAgentOwn ? REMOVE : (requested[i] ?? KEEP),
  )
  // `set` is about requests: responses are as the profile has them
  const response = Uint8Array.from(names, (name, i) =>
    actOf(name, said[i] === 'set' ? undefined : said[i], acts.response[i] ?? KEEP),
  )
  return {
    profile,
    request: { table, acts: request },
    response: { table, acts: response },
    asksThirdParty: request.includes(REMOVE_FROM_THIRD_PARTY) || response.includes(REMOVE_FROM_THIRD_PARTY),
    isDisguised: request.includes(DISGUISE_AGENT) || request.includes(DISGUISE_LANGUAGE),
    cutsTracking: profile === 'strict' || profile === 'paranoid',
    added,
  }
}

function actOf(name: string, said: Said, byProfile: number): number {
  if (UNTOUCHABLE.has(name) || said === 'keep') return KEEP
  return said === undefined ? byProfile : REMOVE
}

function profileActs(profile: HeaderProfile, { names }: FieldTable): ProfileActs {
  const allowed = profile === 'paranoid' ? rowsIn(['allowed']) : undefined
  const requests = rowsIn(REQUEST_GROUPS[profile])
  const responses = rowsIn(RESPONSE_GROUPS[profile])
  return {
    request: names.map((name) =>
      allowed !== undefined && actIn(allowed, name) === undefined ? REMOVE : (actIn(requests, name) ?? KEEP),
    ),
    response: names.map((name) => actIn(responses, name) ?? KEEP),
  }
}

/** The longest names first: what they say counts. */
function rowsIn(groups: readonly HeaderGroup[]): readonly HeaderRow[] {
  return HEADER_CATALOG.filter(({ group }) => groups.includes(group)).sort((a, b) => b.name.length - a.name.length)
}

/** What rows do with a name; undefined where none speaks of it. */
function actIn(rows: readonly HeaderRow[], name: string): number | undefined {
  const row = rows.find((one) => covers(one.name, name))
  return row === undefined ? undefined : ACTS[row.act]
}

/** What a person says of a field, in any case; undefined where the profile decides. */
export function saidOf(changes: FieldChanges, name: string): Said {
  return whatIsSaid(layerOf(changes), name.toLowerCase())
}

/** What a layer says of a name: `set`, else the longest pattern, else, between equals, `remove`. */
function whatIsSaid({ keep, remove, set }: Layer, name: string): Said {
  if (set.has(name)) return 'set'
  const kept = longest(keep, name)
  const removed = longest(remove, name)
  if (kept === 0 && removed === 0) return undefined
  return kept > removed ? 'keep' : 'remove'
}

/** How long the longest pattern is that covers a name, 0 where none does; a name of its own counts for more than any prefix. */
function longest(patterns: readonly string[], name: string): number {
  let length = 0
  for (const pattern of patterns) {
    if (covers(pattern, name)) length = Math.max(length, pattern === name ? name.length + 1 : pattern.length)
  }
  return length
}

/** A pattern covers a name, or every name that a longer prefix covers. */
function covers(pattern: string, name: string): boolean {
  if (!pattern.endsWith('*')) return pattern === name
  return name !== '' && name.startsWith(pattern.slice(0, -1))
}

function layerOf({ keep = [], remove = [], set = {} }: FieldChanges): Layer {
  const settable = Object.entries(set).filter(([name]) => !UNTOUCHABLE.has(name.toLowerCase()))
  return {
    keep: keep.map((name) => name.toLowerCase()),
    remove: remove.map((name) => name.toLowerCase()),
    set: new Map(settable.map(([name, value]) => [name.toLowerCase(), `${name}: ${value}\r\n`])),
  }
}

function namesIn({ keep, remove, set }: Layer): readonly string[] {
  return [...keep, ...remove, ...set.keys()]
}

/** What happens to the field that has this code. */
export function actOn({ acts }: FieldRules, code: number): number {
  return acts[code >>> FIELD_ENTRY_SHIFT] ?? KEEP
}
