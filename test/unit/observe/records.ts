import type { AccessRecord } from '../../../src/channels.js'

type Change = { readonly [K in keyof AccessRecord]?: Partial<AccessRecord[K]> | AccessRecord[K] }

/** A forwarded GET that ended well, with changes; objects are merged one level deep. */
export function recordOf(change: Change = {}): AccessRecord {
  const record: Record<string, unknown> = { ...BASE }
  for (const [key, value] of Object.entries(change)) {
    const before = record[key]
    record[key] = isPlainObject(before) && isPlainObject(value) ? { ...before, ...value } : value
  }
  return record as AccessRecord
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const BASE: AccessRecord = {
  ts: 1_795_476_154_845,
  id: '01H-abc',
  client: { ip: '127.0.0.1', port: 50123, user: null, group: null },
  listener: 'http://127.0.0.1:3128',
  method: 'GET',
  httpMinor: 1,
  target: { form: 'absolute', host: '127.0.0.1', port: 43080, path: '/a', ip: '127.0.0.1', sni: null },
  decision: { action: 'allow', reason: 'default', level: 'default', rule: null },
  egress: { route: 'direct', ip: '127.0.0.1' },
  status: 200,
  bytes: { fromClient: 120, toClient: 285 },
  ms: { dns: null, connect: 1, ttfb: 2, total: 2 },
  headersRemoved: [],
  wouldBlock: false,
  error: null,
  referer: '',
  userAgent: 'curl/7.88.1',
  contentType: 'text/html; charset=utf-8',
}

/** A request that a rule refused. */
export const BLOCKED = {
  target: { host: 'blocked.test', port: 80, path: '/x', ip: null },
  decision: {
    action: 'block',
    reason: 'rule',
    level: 'block',
    rule: { list: 'my.rules', line: 3, text: 'block blocked.test' },
  },
  egress: null,
  status: 403,
  error: 'VG_REQUEST_BLOCKED',
} as const
