import type { Config } from '../config/config.js'
import {
  authorityOf,
  BROWSERS,
  type BrowserName,
  connectHead,
  EXCHANGE_KINDS,
  type ExchangeKind,
  requestHead,
} from './browsers.js'
import { askInTunnel, askProxy } from './client.js'
import { identityPlaces, judgeIdentities, type Shown, untestedIdentities, visitsOf } from './identities.js'
import { type Finding, judge, type Row, type Seen, toRows } from './judge.js'
import { showIdentity } from './show-identity.js'
import { type Outside, openOutside } from './stage.js'
import { promisesOf, untestedMembers, type Way, waysOf } from './ways.js'

/** Starts a proxy on loopback with this configuration and no rules. */
export type StartProxy = (config: Config) => Promise<{ readonly port: number; close(): Promise<unknown> }>

/** What one way shows. */
export type WayReport = Way & {
  /** Header profile; null where nothing was asked. */
  readonly profile: Config['headers']['profile'] | null
  readonly rows: readonly Row[]
  /** What could not be shown, and why. */
  readonly notes: readonly string[]
  /** Exchanges that reached an origin. */
  readonly arrived: number
}

/** More than local servers ever take. */
const TIMEOUT_MS = 10_000

/**
 * Sends what browsers send through a proxy of this configuration, by every
 * route, to origins, name servers and upstreams that are played here. No packet
 * leaves the machine.
 */
export async function runLeaktest(config: Config, startProxy: StartProxy): Promise<readonly WayReport[]> {
  const outside = await openOutside(config)
  try {
    const reports: WayReport[] = []
    for (const way of waysOf(config)) reports.push(await reportOn(way, config, outside, startProxy))
    return reports
  } finally {
    await outside.close()
  }
}

/** A proxy of its own for each way: what one has resolved or connected says nothing of the next. */
async function reportOn(way: Way, config: Config, outside: Outside, startProxy: StartProxy): Promise<WayReport> {
  const { host } = way
  if (host === undefined) {
    const why = way.via === 'direct' ? ', and that is reached here' : ''
    return { ...way, profile: null, rows: [], notes: [`not tested: no host is known that takes it${why}`], arrived: 0 }
  }
  outside.resolver.forget()
  outside.doh?.forget()
  const findings: Finding[] = []
  const failures = new Map<string, BrowserName[]>()
  const upstreams = new Set<string>()
  let arrived = 0
  const places = identityPlaces(config, way)
  const visits = places.length === 0 ? [] : visitsOf(config, way)
  const proxy = await startProxy(outside.config)
  try {
    for (const kind of EXCHANGE_KINDS) {
      const promises = promisesOf(config, way, host, (kind === 'tunnel' ? outside.https : outside.http).port)
      for (const browser of BROWSERS) {
        const { seen, failure } = await exchange(proxy.port, outside, host, browser, kind)
        findings.push(...judge(seen, promises))
        for (const { upstream } of seen.upstreams) upstreams.add(upstream)
        if (seen.origin !== undefined) arrived++
        if (failure === '') continue
        const text = `${kind}: ${failure}`
        failures.set(text, [...(failures.get(text) ?? []), browser])
      }
    }
    const shown: Shown[] = []
    for (const visit of visits)
      shown.push(await showIdentity({ port: proxy.port, timeoutMs: TIMEOUT_MS }, outside, visit, places))
    findings.push(...judgeIdentities(shown, places))
  } finally {
    await proxy.close()
  }
  const { profile } = promisesOf(config, way, host, outside.http.port)
  const notes = [
    ...[...failures].map(([text, browsers]) => `did not pass, ${text} (${browsers.join(' ')})`),
    ...untestedIdentities(visits, places),
    ...untestedMembers(config, way, upstreams),
  ]
  return { ...way, profile, rows: toRows(findings), notes, arrived }
}

async function exchange(
  port: number,
  outside: Outside,
  host: string,
  browser: BrowserName,
  kind: ExchangeKind,
): Promise<{ readonly seen: Seen; readonly failure: string }> {
  const origin = kind === 'tunnel' ? outside.https : outside.http
  const { token, resolver, doh, certificate, logins } = outside
  const asked = { kind, token, authority: authorityOf(host, origin.port) }
  const sent = requestHead(browser, asked)
  const connect = kind === 'tunnel' ? connectHead(asked) : ''
  const proxy = { port, timeoutMs: TIMEOUT_MS }
  outside.forget()
  let answer = ''
  let failure = ''
  try {
    answer = await (kind === 'tunnel' ? askInTunnel(proxy, connect, sent, certificate.cert) : askProxy(proxy, sent))
    if (!/^HTTP\/1\.1 (?:200|101) /.test(answer)) failure = answer.slice(0, answer.indexOf('\r\n'))
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error)
  }
  const received = origin.received.at(-1)
  const seen: Seen = {
    browser,
    kind,
    token,
    host,
    sent,
    connect,
    origin: received && {
      text: received.head,
      address: received.address,
      isFromUpstream: outside.isUpstreamPort(received.port),
    },
    response: received && { sent: received.answer, received: answer },
    askers: { resolver: [...resolver.askers], doh: [...(doh?.askers ?? [])] },
    resolver: [...resolver.names],
    doh: doh && [...doh.names],
    upstreams: outside.sights(),
    logins,
  }
  return { seen, failure }
}
