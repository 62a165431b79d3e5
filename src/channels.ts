import { channel } from 'node:diagnostics_channel'

/** Why an exchange went the way it did: a closed union, stable in logs. */
export type DecisionReason = 'rule' | 'default' | 'guard' | 'port' | 'client' | 'limit' | 'loop' | 'malformed' | 'local'

/** One exchange, told once, when it has ended: contract §5. Holds no query string and no credential. */
export type AccessRecord = {
  /** Unix time in milliseconds at which the request head began. */
  readonly ts: number
  readonly id: string
  readonly client: {
    readonly ip: string
    readonly port: number
    readonly user: string | null
    readonly group: string | null
  }
  /** `http://127.0.0.1:3128` */
  readonly listener: string
  readonly method: string
  /** Minor version of the request's HTTP/1.x. */
  readonly httpMinor: number
  readonly target: {
    readonly form: 'absolute' | 'authority' | 'origin' | 'asterisk' | 'invalid'
    readonly host: string
    readonly port: number
    /** Path without query for plain http, empty for a tunnel. */
    readonly path: string
    /** A query was cut off `path`: the Squid formats end such a URL in `?`. Absent means no. */
    readonly hadQuery?: boolean
    readonly ip: string | null
    readonly sni: string | null
  }
  readonly decision: {
    readonly action: 'allow' | 'block'
    readonly reason: DecisionReason
    readonly level: string
    readonly rule: { readonly list: string; readonly line: number; readonly text: string } | null
    /** The name that the rule is about, where the target is only an alias of it (CNAME). Absent otherwise. */
    readonly cname?: string
  }
  readonly egress: { readonly route: 'direct'; readonly ip: string | null } | null
  /** What the client was told; 0 when it went before an answer. */
  readonly status: number
  readonly bytes: { readonly fromClient: number; readonly toClient: number }
  /** Milliseconds; null for a step that did not happen. */
  readonly ms: {
    readonly dns: number | null
    readonly connect: number | null
    readonly ttfb: number | null
    readonly total: number
  }
  readonly headersRemoved: readonly string[]
  readonly wouldBlock: boolean
  /** Code of `ERROR_CATALOG`, or `client_aborted`. */
  readonly error: string | null
  readonly referer: string
  readonly userAgent: string
  /** Content-Type of the response, for Squid's `%mt`; empty when unknown. */
  readonly contentType: string
}

/** Published once per exchange, only while somebody listens. Payload: `AccessRecord`. */
export const exchangeSettled = channel('veilgate:exchange:settled')
