/** A parameter of a URL's query that tells who clicked where. */
export type TrackingRow = {
  /** Lower case; a trailing `*` stands for any rest. */
  readonly name: string
  readonly source: string
}

const rows = (source: string, names: string): readonly TrackingRow[] =>
  names.split(' ').map((name) => ({ name, source }))

/** What `strict` and `paranoid` cut out of plain http URLs; docs/headers.md lists the same rows. */
export const TRACKING_PARAMETERS: readonly TrackingRow[] = [
  ...rows('Google Analytics: campaign, and visitor across domains', 'utm_* _ga _gl'),
  ...rows('Google Ads: the click', 'gclid gclsrc dclid gbraid wbraid gad_source gad_campaignid srsltid'),
  ...rows('Facebook, Instagram: the click, the person who shared', 'fbclid fb_action_ids fb_action_types igshid igsh'),
  ...rows('Microsoft Advertising: the click', 'msclkid'),
  ...rows('X (Twitter): the click', 'twclid'),
  ...rows('TikTok: the click', 'ttclid'),
  ...rows('LinkedIn: the click', 'li_fat_id'),
  ...rows('Pinterest: the click', 'epik'),
  ...rows('Snapchat: the click', 'sccid'),
  ...rows('Reddit: the click', 'rdt_cid'),
  ...rows('Yandex: the click', 'yclid ysclid _openstat'),
  ...rows('Mailchimp: campaign and subscriber', 'mc_cid mc_eid'),
  ...rows('Marketo: the recipient of a mail', 'mkt_tok'),
  ...rows('HubSpot: visitor, session, mail', '_hsenc _hsmi __hssc __hstc __hsfp hsctatracking'),
  ...rows(
    'Vero, Drip, Omeda, MailerLite: the recipient of a mail',
    'vero_id vero_conv __s oly_anon_id oly_enc_id ml_subscriber ml_subscriber_hash',
  ),
  ...rows('Adobe, Wicked Reports, Rakuten, Impact: the click', 's_cid wickedid rb_clickid irclickid'),
  ...rows(
    'Firefox, query stripping list: click identifiers of one advertiser',
    'oft_c oft_ck oft_d oft_id oft_ids oft_k oft_lk oft_sk',
  ),
]

const NAMES: ReadonlySet<string> = new Set(TRACKING_PARAMETERS.map(({ name }) => name))
const PREFIXES = [...NAMES].filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))
/** Of a name, percent-encoding included: longer ones are none of ours. */
const MAX_NAME = 96

/**
 * A path or URL without its tracking parameters; the very text given where it
 * has none. What stays keeps its octets and order.
 */
export function withoutTracking(url: string): string {
  const query = url.indexOf('?')
  if (query === -1) return url
  const hash = url.indexOf('#')
  if (hash !== -1 && hash < query) return url
  const end = hash === -1 ? url.length : hash
  let start = query + 1
  while (start < end) {
    const stop = parameterEnd(url, start, end)
    if (isTracking(url, start, stop)) return cut(url, query, start, end)
    start = stop + 1
  }
  return url
}

/** @param from where the first parameter begins that goes */
function cut(url: string, query: number, from: number, end: number): string {
  let kept = url.slice(query + 1, from)
  for (let start = from; start <= end; ) {
    const stop = parameterEnd(url, start, end)
    if (!isTracking(url, start, stop)) kept += `${url.slice(start, stop)}&`
    start = stop + 1
  }
  const rest = kept.slice(0, -1)
  return `${url.slice(0, query)}${rest === '' ? '' : '?'}${rest}${url.slice(end)}`
}

function parameterEnd(url: string, start: number, end: number): number {
  const ampersand = url.indexOf('&', start)
  return ampersand === -1 || ampersand > end ? end : ampersand
}

function isTracking(url: string, start: number, stop: number): boolean {
  const equals = url.indexOf('=', start)
  const nameEnd = equals === -1 || equals > stop ? stop : equals
  if (nameEnd === start || nameEnd - start > MAX_NAME) return false
  const written = url.slice(start, nameEnd)
  const name = (written.includes('%') ? decoded(written) : written).toLowerCase()
  return NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix))
}

function decoded(written: string): string {
  try {
    return decodeURIComponent(written)
  } catch {
    return written
  }
}
