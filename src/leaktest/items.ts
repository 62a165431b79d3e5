import type { HeaderProfile } from '../config/config.js'
import type { ExchangeKind } from './browsers.js'

/** Something that identifies a person or the way to them. */
export type Item = {
  readonly id: string
  readonly label: string
}

/** An item that fields carry: withheld from the profile `from` on, whatever says otherwise of one of its fields. */
export type FieldItem = Item & {
  readonly side: 'request' | 'response'
  readonly from: HeaderProfile
  /** Lower case. */
  readonly fields: readonly string[]
  readonly kinds: readonly ExchangeKind[]
  /** What of a URL tells it, where that is not the whole value: its origin, or what stands behind. */
  readonly part?: 'site' | 'path'
}

const HTTP: readonly ExchangeKind[] = ['page', 'third-party', 'websocket']
const OWN_SITE: readonly ExchangeKind[] = ['page', 'websocket']
const THIRD_PARTY: readonly ExchangeKind[] = ['third-party']

const item = (
  id: string,
  label: string,
  from: HeaderProfile,
  fields: string,
  kinds: readonly ExchangeKind[] = HTTP,
  side: FieldItem['side'] = 'request',
): FieldItem => ({ id, label, side, from, fields: fields.split(' '), kinds })

/**
 * What docs/headers.md promises, written down here a second time: a test of the
 * header stage that asked the header stage would find nothing.
 */
export const FIELD_ITEMS: readonly FieldItem[] = [
  item(
    'client-address',
    'address of the client, in any field',
    'standard',
    'x-forwarded-for forwarded x-real-ip client-ip true-client-ip cf-connecting-ip x-envoy-external-address',
  ),
  item('way', 'proxies on the way (Via, X-Forwarded-Host)', 'standard', 'via x-forwarded-host'),
  item('proxy-fields', 'login at the proxy, Proxy-* fields', 'off', 'proxy-authorization proxy-leaktest'),
  item('nominated', 'fields that Connection nominates', 'off', 'x-nominated'),
  item('from', 'mail address (From)', 'standard', 'from'),
  item('carrier', 'identifiers of mobile networks', 'standard', 'x-uidh x-msisdn'),
  item('app', 'name of the app, state of the browser', 'standard', 'x-requested-with x-client-data'),
  { ...item('referer', 'page that led here (Referer)', 'standard', 'referer', THIRD_PARTY), part: 'path' },
  { ...item('referer-site', 'site that led here (Referer)', 'paranoid', 'referer', THIRD_PARTY), part: 'site' },
  item('user-agent', 'browser and system (User-Agent)', 'strict', 'user-agent'),
  item(
    'hints-device',
    'client hints that tell devices apart',
    'standard',
    'sec-ch-ua-model sec-ch-ua-arch sec-ch-ua-full-version-list device-memory dpr',
  ),
  item('hints', 'client hints of browser and system', 'strict', 'sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform'),
  item('language', 'languages (Accept-Language)', 'strict', 'accept-language'),
  item('preferences', 'Do Not Track', 'strict', 'dnt'),
  item('third-party-cookie', 'cookies and logins at a third party', 'strict', 'cookie authorization', THIRD_PARTY),
  item('third-party-etag', 'validators at a third party (If-None-Match)', 'strict', 'if-none-match', THIRD_PARTY),
  item('cookie', 'cookies of the site itself', 'paranoid', 'cookie', OWN_SITE),
  item('other-fields', 'fields that nobody knows', 'paranoid', 'x-session-trace'),
  item(
    'reports',
    'orders to the browser to tell more (NEL, Accept-CH, …)',
    'standard',
    'accept-ch critical-ch nel report-to reporting-endpoints alt-svc',
    ['page', 'third-party'],
    'response',
  ),
  item(
    'third-party-planted',
    'identifiers that a third party plants (Set-Cookie, ETag)',
    'strict',
    'set-cookie etag',
    THIRD_PARTY,
    'response',
  ),
]

/** Items that are no fields, each judged in judge.ts. */
export const OTHER_ITEMS = {
  tracking: { id: 'tracking', label: 'tracking parameters of the URL' },
  added: { id: 'added', label: 'fields that the proxy adds' },
  lookup: { id: 'lookup', label: 'names looked up from here' },
  egress: { id: 'egress-address', label: 'address that requests come from' },
  target: { id: 'target', label: 'host that is asked for' },
  upstreamLogin: { id: 'upstream-login', label: 'logins at upstreams' },
  identity: { id: 'identity', label: 'what joins sites or clients that have an identity each' },
  connect: { id: 'connect-fields', label: 'fields of the request for a tunnel' },
  inTunnel: { id: 'in-tunnel', label: 'all that a tunnel (https) carries' },
  tunnelBytes: { id: 'tunnel-bytes', label: 'bytes changed or added in a tunnel' },
} as const satisfies Record<string, Item>

/** All, in the order in which they are shown. */
export const ITEMS: readonly Item[] = [
  OTHER_ITEMS.egress,
  OTHER_ITEMS.lookup,
  OTHER_ITEMS.target,
  OTHER_ITEMS.upstreamLogin,
  OTHER_ITEMS.identity,
  ...FIELD_ITEMS,
  OTHER_ITEMS.tracking,
  OTHER_ITEMS.added,
  OTHER_ITEMS.connect,
  OTHER_ITEMS.inTunnel,
  OTHER_ITEMS.tunnelBytes,
]
