import type { Generations, UpstreamState } from '../app.js'
import type { Config } from '../config/config.js'
import type { Measures } from '../measures.js'

/** What the access log of a worker writes to: the file of its configuration, or the primary's standard stream. */
export type LineOutlet = 'file' | { readonly colour: boolean }

/** What a worker shall answer by. */
export type Orders = {
  /** Grows with each change. */
  readonly version: number
  /** The worker's own: limits are its share, there are no lists. */
  readonly config: Config
  /** Path of a rule image. */
  readonly image: string
  readonly lines: LineOutlet
  /** Authorities of DNS over HTTPS, PEM: the file may have gone when a worker is replaced. */
  readonly authority: string | undefined
  /** Those of upstreams, by path. */
  readonly upstreamAuthorities: readonly (readonly [path: string, pem: string])[]
  /** By which sticky groups give clients their members, and identities are derived, in hexadecimal: the same in all workers. */
  readonly secret: string
}

/** Primary → worker. Each arrives after those sent before it. */
export type ToWorker =
  /** Load and compile, and say `ready`. */
  | { readonly kind: 'load'; readonly orders: Orders }
  /** Accept clients by what was loaded. @property sockets with the engine native: descriptors it inherited, one for each URL */
  | { readonly kind: 'listen'; readonly urls: readonly string[]; readonly sockets: readonly number[] }
  /** Load and compile beside what is in force, and say `prepared`. */
  | { readonly kind: 'prepare'; readonly orders: Orders }
  | { readonly kind: 'commit'; readonly version: number }
  | { readonly kind: 'abandon'; readonly version: number }
  /** Connections of the other workers, and how many these are. */
  | { readonly kind: 'others'; readonly connections: number; readonly workers: number }
  | { readonly kind: 'reopenLog' }
  | { readonly kind: 'count' }
  | { readonly kind: 'askUpstreams' }
  /** Which identities are in force. */
  | { readonly kind: 'identities'; readonly generations: Generations }
  | { readonly kind: 'measure' }
  /** Take no new clients, give exchanges this long, say `drained` and end. */
  | { readonly kind: 'drain'; readonly drainMs: number }

/** Worker → primary. */
export type FromWorker =
  /** It runs and hears: what was sent before its program was loaded is lost. */
  | { readonly kind: 'up' }
  | { readonly kind: 'ready'; readonly version: number }
  | { readonly kind: 'listening'; readonly addresses: readonly string[] }
  /** It cannot do what it was told, and a new one in its place could not either. */
  | { readonly kind: 'unable'; readonly message: string }
  | { readonly kind: 'prepared'; readonly version: number; readonly error: string | undefined }
  | { readonly kind: 'committed'; readonly version: number }
  | { readonly kind: 'connections'; readonly connections: number }
  /** With a socket of its own: it has had many new clients in a short time. */
  | { readonly kind: 'rush' }
  | { readonly kind: 'counted'; readonly busy: number }
  | { readonly kind: 'upstreams'; readonly states: readonly UpstreamState[] }
  | { readonly kind: 'identified' }
  | { readonly kind: 'measured'; readonly measures: Measures | undefined }
  | { readonly kind: 'message'; readonly level: 'error' | 'warn' | 'info' | 'debug'; readonly message: string }
  /** Lines of the access log, with their line feeds. */
  | { readonly kind: 'lines'; readonly lines: string }
  | { readonly kind: 'drained'; readonly cut: number }
