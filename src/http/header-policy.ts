import type { HeaderProfile } from '../config/config.js'
import { createFieldTable, FIELD_ENTRY_SHIFT, type FieldTable, UNTOUCHABLE } from './field-table.js'
import { HEADER_CATALOG, type HeaderAct, type HeaderGroup } from './header-catalog.js'

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
const ALLOWED: readonly HeaderGroup[] = ['allowed']
/** Hints that say again what `User-Agent` says: they go where that does not go as it came. */
const AGENT_HINTS = 'sec-ch-ua'

type Layer = { readonly keep: readonly string[]; readonly remove: readonly string[]; readonly set: Map<string, string> }

/** Compiles the profile with its changes, and the same for every entry of `perHost`. */
export function compileHeaderPolicies({ profile, perHost, ...changes }: HeaderOptions): HeaderPolicies {
  const top = layerOf(changes)
  const layers = perHost.map(layerOf)
  const table = createFieldTable([...HEADER_CATALOG.map(({ name }) => name), ...[top, ...layers].flatMap(namesIn)])
  return {
    base: compileLayers(table, profile, [top]),
    perHost: perHost.map((entry, i) => compileLayers(table, entry.profile ?? profile, [layers[i] ?? top, top])),
  }
}

/** @param layers strongest first: what one says of a field, those behind it do not */
function compileLayers(table: FieldTable, profile: HeaderProfile, layers: readonly Layer[]): HeaderPolicy {
  const said = table.names.map((name) => whatIsSaid(layers, name))
  const requested = table.names.map((name, i) => actOf(name, said[i], requestAct(profile, name)))
  const isAgentOwn = requested[table.names.indexOf('user-agent')] === KEEP
  const request = Uint8Array.from(table.names, (name, i) =>
    name.startsWith(AGENT_HINTS) && !isAgentOwn ? REMOVE : (requested[i] ?? KEEP),
  )
  // what `set` names is the client's to send and the origin's to answer: responses keep it
  const response = Uint8Array.from(table.names, (name, i) =>
    actOf(name, said[i] === 'set' ? undefined : said[i], actIn(RESPONSE_GROUPS[profile], name) ?? KEEP),
  )
  return {
    profile,
    request: { table, acts: request },
    response: { table, acts: response },
    asksThirdParty: request.includes(REMOVE_FROM_THIRD_PARTY) || response.includes(REMOVE_FROM_THIRD_PARTY),
    cutsTracking: profile === 'strict' || profile === 'paranoid',
    added: addedLines(layers),
  }
}

function requestAct(profile: HeaderProfile, name: string): number {
  const act = actIn(REQUEST_GROUPS[profile], name)
  if (profile !== 'paranoid' || actIn(ALLOWED, name) !== undefined) return act ?? KEEP
  return REMOVE
}

/** What the rows of some groups do with a name; undefined where none speaks of it. */
function actIn(groups: readonly HeaderGroup[], name: string): number | undefined {
  const row = HEADER_CATALOG.filter((one) => groups.includes(one.group) && covers(one.name, name)).sort(
    (a, b) => b.name.length - a.name.length,
  )[0]
  return row === undefined ? undefined : ACTS[row.act]
}

function actOf(name: string, said: 'keep' | 'remove' | 'set' | undefined, byProfile: number): number {
  if (UNTOUCHABLE.has(name) || said === 'keep') return KEEP
  return said === undefined ? byProfile : REMOVE
}

/** What the strongest layer that speaks of a name says; within a layer the longest pattern, then `set`, then `remove`. */
function whatIsSaid(layers: readonly Layer[], name: string): 'keep' | 'remove' | 'set' | undefined {
  for (const { keep, remove, set } of layers) {
    if (set.has(name)) return 'set'
    const kept = longest(keep, name)
    const removed = longest(remove, name)
    if (kept !== undefined || removed !== undefined) return (kept ?? 0) > (removed ?? 0) ? 'keep' : 'remove'
  }
  return undefined
}

/** 1 for the pattern `*`, more for longer ones, and for a name more than for any prefix of it. */
function longest(patterns: readonly string[], name: string): number | undefined {
  const covering = patterns.filter((pattern) => covers(pattern, name))
  return covering.length === 0
    ? undefined
    : Math.max(...covering.map((pattern) => (pattern === name ? name.length + 1 : pattern.length)))
}

/** A pattern covers a name, or every name that a longer prefix covers. */
function covers(pattern: string, name: string): boolean {
  if (!pattern.endsWith('*')) return pattern === name
  return name !== '' && name.startsWith(pattern.slice(0, -1))
}

function addedLines(layers: readonly Layer[]): string {
  const lines = new Map<string, string>()
  for (const [i, { set }] of layers.entries()) {
    for (const [name, line] of set) {
      const isOpen = !UNTOUCHABLE.has(name) && whatIsSaid(layers.slice(0, i), name) === undefined
      if (isOpen && !lines.has(name)) lines.set(name, line)
    }
  }
  return [...lines.values()].join('')
}

function layerOf({ keep = [], remove = [], set = {} }: FieldChanges): Layer {
  return {
    keep: keep.map((name) => name.toLowerCase()),
    remove: remove.map((name) => name.toLowerCase()),
    set: new Map(Object.entries(set).map(([name, value]) => [name.toLowerCase(), `${name}: ${value}\r\n`])),
  }
}

function namesIn({ keep, remove, set }: Layer): readonly string[] {
  return [...keep, ...remove, ...set.keys()]
}

/** What happens to the field that has this code. */
export function actOn({ acts }: FieldRules, code: number): number {
  return acts[code >>> FIELD_ENTRY_SHIFT] ?? KEEP
}
