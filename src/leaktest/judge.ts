import type { HeaderProfile } from '../config/config.js'
import { type FieldChanges, saidOf } from '../http/header-policy.js'
import { type BrowserName, type ExchangeKind, PLANTED_ADDRESS } from './browsers.js'
import { type FieldLine, fieldLines } from './field-lines.js'
import { FIELD_ITEMS, type FieldItem, ITEMS, type Item, OTHER_ITEMS } from './items.js'

/** What a way out promises. */
export type Promises = {
  readonly profile: HeaderProfile
  /** What a person says of fields for the host that is asked, what counts first. */
  readonly changes: readonly FieldChanges[]
  /** The address of this machine shall not arrive. */
  readonly hidesAddress: boolean
  /** No name shall be asked of a name server from here. */
  readonly asksNobody: boolean
  /** None of a server in clear, as where a service over HTTPS is asked alone. */
  readonly asksNoServer: boolean
  /** Requests that go directly come from one of these; undefined: from any. */
  readonly isEgressAddress: ((address: string) => boolean) | undefined
}

/** What a hop of an upstream saw. */
export type HopSight = {
  /** Of the upstream, and the place of the hop in its chain. */
  readonly upstream: string
  readonly hop: number
  /** Host it was asked for: a name stays a name. */
  readonly target: string
  /** User and password of SOCKS5 that it was told, in any form that keeps two apart; empty where there were none. */
  readonly login: string
  /** All that it could read: its handshake and what went on in clear, latin1. */
  readonly text: string
}

/** What everybody saw of one exchange. */
export type Seen = {
  readonly browser: BrowserName
  readonly kind: ExchangeKind
  readonly token: string
  readonly host: string
  /** The head that the browser wrote; of a tunnel, the one inside. */
  readonly sent: string
  /** The head of the CONNECT; empty where there is none. */
  readonly connect: string
  /** What the origin received; undefined where nothing arrived. */
  readonly origin: { readonly text: string; readonly address: string; readonly isFromUpstream: boolean } | undefined
  /** The head that the origin wrote, and the one that the browser received; undefined where it is not known. */
  readonly response: { readonly sent: string; readonly received: string } | undefined
  /** Addresses that the name server, and the service over HTTPS, was asked from. */
  readonly askers: { readonly resolver: readonly string[]; readonly doh: readonly string[] }
  /** Names asked of a name server, and of a service over HTTPS; undefined where none is configured. */
  readonly resolver: readonly string[]
  readonly doh: readonly string[] | undefined
  readonly upstreams: readonly HopSight[]
  /** What the proxy shows the upstreams' hops, in their order. */
  readonly logins: readonly {
    readonly upstream: string
    readonly hop: number
    readonly texts: readonly string[]
  }[]
}

/** Whether somebody saw an item in one exchange. */
export type Finding = {
  readonly item: string
  /** `origin`, `resolver`, `doh`, `client` or the hop of an upstream. */
  readonly where: string
  readonly browser: BrowserName
  readonly arrived: boolean
  /** It shall not arrive. */
  readonly promised: boolean
  /** What arrived: names of fields, hosts or addresses, no values of a person. */
  readonly what: string
}

export type Verdict = 'leak' | 'exposed' | 'withheld'

export type Row = Item & {
  readonly verdict: Verdict
  /** Who saw it, by place; an empty list: nobody saw it there, although it could have been. */
  readonly seen: Readonly<Record<string, readonly BrowserName[]>>
  readonly what: readonly string[]
}

const STRENGTH: readonly HeaderProfile[] = ['off', 'standard', 'strict', 'paranoid']

/** What one exchange shows. */
export function judge(seen: Seen, promises: Promises): readonly Finding[] {
  const { browser, origin } = seen
  if (origin === undefined) return lookups(seen, promises)
  const isClear = seen.kind !== 'tunnel'
  const outside = [
    ...FIELD_ITEMS.flatMap((item) => (item.kinds.includes(seen.kind) ? fieldFindings(item, seen, promises) : [])),
    ...(isClear ? [...tracking(seen, promises), added(seen, promises)] : inTunnel(seen, origin.text)),
  ]
  return [
    ...addresses(seen, promises),
    ...lookups(seen, promises),
    finding(OTHER_ITEMS.target, 'origin', browser, true, false, seen.host),
    ...seen.upstreams.map((sight) =>
      finding(OTHER_ITEMS.target, placeOf(sight), browser, sight.target === seen.host, false, seen.host),
    ),
    ...logins(seen),
    ...outside,
  ]
}

/** What an echo page of somebody's choice answered. */
export type Echo = Pick<Seen, 'browser' | 'kind' | 'token' | 'sent'> & {
  /** The body, as text. */
  readonly answer: string
  /** The page was fetched through a tunnel. */
  readonly isTunnel: boolean
}

/** A shorter text stands in a page by chance. */
const SHORTEST_TRACE = 6

/** What an echo page shows: the values that were sent, wherever they stand in its answer. */
export function judgeEcho(
  { browser, kind, token, sent, answer, isTunnel }: Echo,
  promises: Promises,
): readonly Finding[] {
  const text = answer.replaceAll('\\"', '"').replaceAll('&quot;', '"')
  const lines = fieldLines(sent)
  const fields = FIELD_ITEMS.filter(({ side, kinds }) => side === 'request' && kinds.includes(kind)).flatMap((item) =>
    lines
      .filter(({ name }) => item.fields.includes(name))
      .map(({ name, value }) => {
        const trace = item.part === undefined ? value : partOf(value, item.part)
        const arrived = trace.length >= SHORTEST_TRACE && text.includes(trace)
        return finding(item, 'echo', browser, arrived, !isTunnel && isWithheld(item, name, promises), name)
      }),
  )
  return [...fields, ...trackingAt('echo', text, { browser, token }, isTunnel ? undefined : promises)]
}

/** One row for each item that was looked for. */
export function toRows(findings: readonly Finding[]): readonly Row[] {
  return ITEMS.flatMap((item) => {
    const own = findings.filter((one) => one.item === item.id)
    if (own.length === 0) return []
    const arrived = own.filter((one) => one.arrived)
    const places = [...new Set(own.map(({ where }) => where))]
    const seen = places.map((place) => [place, browsersAt(arrived, place)] as const)
    const verdict = arrived.some(({ promised }) => promised) ? 'leak' : arrived.length > 0 ? 'exposed' : 'withheld'
    // of a leak only what leaked
    const told = verdict === 'leak' ? arrived.filter(({ promised }) => promised) : arrived
    const what = [...new Set(told.map((one) => one.what))].filter((text) => text !== '')
    return [{ id: item.id, label: item.label, verdict, seen: Object.fromEntries(seen), what }]
  })
}

/** Name of a place where a hop stands. */
export function placeOf({ upstream, hop }: Pick<HopSight, 'upstream' | 'hop'>): string {
  return `${upstream} hop ${hop + 1}`
}

/** Whether profile and changes say that a field does not pass as it came. */
export function isWithheld({ from, side }: FieldItem, field: string, { profile, changes }: Promises): boolean {
  const said = changes.map((layer) => saidOf(layer, field)).find((one) => one !== undefined)
  if (said === 'keep') return false
  if (said === 'remove' || (said === 'set' && side === 'request')) return true
  return STRENGTH.indexOf(profile) >= STRENGTH.indexOf(from)
}

function fieldFindings(item: FieldItem, seen: Seen, promises: Promises): readonly Finding[] {
  const [sent, received] =
    item.side === 'request'
      ? [seen.sent, seen.origin?.text ?? '']
      : [seen.response?.sent ?? '', seen.response?.received ?? '']
  const asked = fieldLines(sent).filter(({ name }) => item.fields.includes(name))
  const where = item.side === 'request' ? 'origin' : 'client'
  return asked.flatMap((line) => {
    const isPromised = isWithheld(item, line.name, promises)
    const at = (place: string, text: string): Finding =>
      finding(item, place, seen.browser, hasArrived(item, line, text, seen.token), isPromised, line.name)
    const others = item.side === 'request' ? seen.upstreams.filter(({ text }) => text !== '') : []
    return [at(where, received), ...others.map((sight) => at(placeOf(sight), sight.text))]
  })
}

/** Values that only this run has count wherever they stand, others in a field of their name. */
function hasArrived({ part }: FieldItem, { name, value }: FieldLine, text: string, token: string): boolean {
  const trace = part === undefined ? value : partOf(value, part)
  if (part !== undefined || trace.includes(token)) return text.includes(trace)
  return text.toLowerCase().includes(`\r\n${name}:`) && text.includes(trace)
}

function partOf(url: string, part: 'site' | 'path'): string {
  const slash = url.indexOf('/', url.indexOf('://') + 3)
  if (part === 'site') return url.slice(0, slash)
  const query = url.indexOf('?', slash)
  return url.slice(slash, query === -1 ? url.length : query)
}

function tracking(seen: Seen, promises: Promises): readonly Finding[] {
  const places = [{ place: 'origin', text: seen.origin?.text ?? '' }, ...clearHops(seen)]
  return places.flatMap(({ place, text }) => trackingAt(place, text, seen, promises))
}

function trackingAt(
  place: string,
  text: string,
  { browser, token }: Pick<Seen, 'browser' | 'token'>,
  promises: Promises | undefined,
): readonly Finding[] {
  const isPromised = STRENGTH.indexOf(promises?.profile ?? 'off') >= STRENGTH.indexOf('strict')
  return ['utm_source', 'gclid'].map((name) =>
    finding(OTHER_ITEMS.tracking, place, browser, text.includes(`${name}=${token}`), isPromised, name),
  )
}

function clearHops({ upstreams }: Seen): readonly { readonly place: string; readonly text: string }[] {
  return upstreams.map((sight) => ({ place: placeOf(sight), text: sight.text }))
}

/** What every proxy writes for the next connection. */
const OWN_FIELDS = ['host', 'connection', 'te', 'upgrade']

function added({ sent, origin, browser }: Seen, { changes }: Promises): Finding {
  const known = new Set([...OWN_FIELDS, ...fieldLines(sent).map(({ name }) => name)])
  const own = changes.flatMap(({ set = {} }) => Object.keys(set).map((name) => name.toLowerCase()))
  const names = fieldLines(origin?.text ?? '')
    .map(({ name }) => name)
    .filter((name) => !known.has(name) && !own.includes(name))
  return finding(OTHER_ITEMS.added, 'origin', browser, names.length > 0, true, names.join(' '))
}

function inTunnel(seen: Seen, received: string): readonly Finding[] {
  const { browser, sent, upstreams, connect } = seen
  const isWhole = received === sent
  const readable = upstreams.map((sight) =>
    finding(OTHER_ITEMS.inTunnel, placeOf(sight), browser, sight.text.includes(`${seen.token}-cookie`), true, ''),
  )
  const told = fieldLines(connect).filter(({ value }) => value.includes(seen.token) || value === PLANTED_ADDRESS)
  const fields = told.flatMap(({ name, value }) => [
    finding(OTHER_ITEMS.connect, 'origin', browser, received !== sent && received.includes(value), true, name),
    ...upstreams.map((sight) =>
      finding(OTHER_ITEMS.connect, placeOf(sight), browser, sight.text.includes(value), true, name),
    ),
  ])
  return [
    ...fields,
    finding(OTHER_ITEMS.inTunnel, 'origin', browser, true, false, 'nobody looks into it: header profiles do not act'),
    ...readable,
    finding(OTHER_ITEMS.tunnelBytes, 'origin', browser, !isWhole, true, 'the bytes inside are not those sent'),
  ]
}

function addresses({ origin, browser, askers }: Seen, { hidesAddress, isEgressAddress }: Promises): readonly Finding[] {
  if (origin === undefined) return []
  const { address, isFromUpstream } = origin
  const isWrong = hidesAddress || isEgressAddress?.(address) === false
  return [
    finding(OTHER_ITEMS.egress, 'origin', browser, !isFromUpstream, isWrong, `from ${address}`),
    ...askers.resolver.map((from) => finding(OTHER_ITEMS.egress, 'resolver', browser, true, false, `from ${from}`)),
    ...askers.doh.map((from) =>
      finding(OTHER_ITEMS.egress, 'doh', browser, true, isEgressAddress?.(from) === false, `from ${from}`),
    ),
  ]
}

function lookups({ resolver, doh, browser }: Seen, { asksNobody, asksNoServer }: Promises): readonly Finding[] {
  const at = (where: string, names: readonly string[], promised: boolean): Finding =>
    finding(OTHER_ITEMS.lookup, where, browser, names.length > 0, promised, [...new Set(names)].join(' '))
  return [
    at('resolver', resolver, asksNobody || asksNoServer),
    ...(doh === undefined ? [] : [at('doh', doh, asksNobody)]),
  ]
}

/** A hop may read what goes to those behind it, where that is in clear; never what went to one before it, and no other may. */
function logins({ logins: all, upstreams, origin, browser }: Seen): readonly Finding[] {
  return all.flatMap(({ upstream, hop, texts }) => {
    const has = (text: string): boolean => texts.some((secret) => text.includes(secret))
    const whose = `the login at ${placeOf({ upstream, hop })}`
    const others = upstreams.filter((sight) => sight.upstream !== upstream || sight.hop !== hop)
    return [
      finding(OTHER_ITEMS.upstreamLogin, 'origin', browser, has(origin?.text ?? ''), true, whose),
      ...others.map((sight) => {
        const isInFront = sight.upstream === upstream && sight.hop < hop
        return finding(OTHER_ITEMS.upstreamLogin, placeOf(sight), browser, has(sight.text), !isInFront, whose)
      }),
    ]
  })
}

function browsersAt(arrived: readonly Finding[], place: string): readonly BrowserName[] {
  return [...new Set(arrived.filter(({ where }) => where === place).map(({ browser }) => browser))]
}

function finding(
  { id }: Item,
  where: string,
  browser: BrowserName,
  arrived: boolean,
  promised: boolean,
  what: string,
): Finding {
  return { item: id, where, browser, arrived, promised, what: arrived ? what : '' }
}
