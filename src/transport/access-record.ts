import type { AccessRecord } from '../channels.js'
import type { ErrorCode } from '../errors.js'
import { FIELD_REFERER, FIELD_USER_AGENT } from '../http/field-table.js'
import type { HeadFields } from '../http/head-fields.js'
import { firstValue } from '../http/received-value.js'
import type { Exchange } from '../pipeline/exchange.js'
import { DIRECT } from '../policy/upstream-settings.js'
import type { DialTiming } from '../upstream/dial.js'

/** What the transport learned of an exchange by performing its plan. */
export type Outcome = {
  status: number
  /** Of the origin, as dialled; null where an upstream alone knows it. */
  ip: string | null
  /** `direct` or the name of an upstream; null while nothing was dialled. */
  route: string | null
  /** Of the upstream's first hop. */
  peer: string | null
  /** Ours, on the connection to the origin. */
  localIp: string | null
  dnsMs: number | null
  connectMs: number | null
  /** Unix time of the first octet of the response, 0 while there is none. */
  firstByteAt: number
  bytesFromClient: number
  bytesToClient: number
  error: ErrorCode | 'client_aborted' | null
  contentType: string
  /** Of the request, as received. */
  referer: string
  userAgent: string
}

export function createOutcome(): Outcome {
  return {
    status: 0,
    ip: null,
    route: null,
    peer: null,
    localIp: null,
    dnsMs: null,
    connectMs: null,
    firstByteAt: 0,
    bytesFromClient: 0,
    bytesToClient: 0,
    error: null,
    contentType: '',
    referer: '',
    userAgent: '',
  }
}

/** Takes over how a dial ended. */
export function noteDial(outcome: Outcome, { ip, dnsMs, connectMs, upstream }: DialTiming): void {
  outcome.ip = ip
  outcome.dnsMs = dnsMs
  outcome.connectMs = connectMs
  outcome.peer = upstream?.ip ?? null
  outcome.route = upstream?.name ?? (ip === null ? null : DIRECT)
}

/** Takes over where a kept connection leads: nothing was dialled for this exchange. */
export function noteReuse(outcome: Outcome, timing: DialTiming): void {
  noteDial(outcome, timing)
  outcome.dnsMs = null
  outcome.connectMs = null
}

/** Takes from a head what only a log asks for, while its fields are at hand: later they would have to be scanned again. */
export function noteForLog(outcome: Outcome, fields: HeadFields): void {
  outcome.referer = firstValue(fields, FIELD_REFERER)
  outcome.userAgent = firstValue(fields, FIELD_USER_AGENT)
}

/** The one record of an exchange that has ended (contract §5). The query goes no further than this line. */
export function toAccessRecord(exchange: Exchange, outcome: Outcome, listener: string, now: number): AccessRecord {
  const { route, decision, client, startedAt, form } = exchange
  const { rule } = decision
  const query = exchange.path.indexOf('?')
  return {
    ts: startedAt,
    id: exchange.id,
    client: { ip: client.ip, port: client.port, user: null, group: null },
    listener,
    method: exchange.method,
    httpMinor: exchange.minor,
    target: {
      form,
      host: route?.authority.host ?? '',
      port: route?.authority.port ?? 0,
      path: query === -1 ? exchange.path : exchange.path.slice(0, query),
      ip: outcome.ip,
      sni: null,
      hadQuery: query !== -1,
    },
    decision: {
      action: decision.action,
      reason: decision.reason,
      level: decision.level,
      rule: rule === null ? null : { list: rule.list, line: rule.line, text: rule.text },
      ...(decision.cname !== undefined && { cname: decision.cname }),
    },
    egress: outcome.route === null ? null : { route: outcome.route, ip: outcome.localIp, peer: outcome.peer },
    status: outcome.status,
    bytes: { fromClient: outcome.bytesFromClient, toClient: outcome.bytesToClient },
    ms: {
      dns: toTenths(outcome.dnsMs),
      connect: toTenths(outcome.connectMs),
      ttfb: outcome.firstByteAt === 0 ? null : Math.max(0, outcome.firstByteAt - startedAt),
      // the clock of the system may have been put back meanwhile
      total: Math.max(0, now - startedAt),
    },
    headersRemoved: exchange.headersRemoved ?? [],
    wouldBlock: exchange.wouldBlock,
    error: outcome.error,
    referer: outcome.referer,
    userAgent: outcome.userAgent,
    contentType: outcome.contentType,
  }
}

function toTenths(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10
}
