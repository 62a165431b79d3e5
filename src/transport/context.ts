import type { AccessRecord } from '../channels.js'
import type { Limits } from '../config/config.js'
import type { Counts } from '../counts.js'
import type { RequestHead } from '../http/request-head.js'
import type { ResponseHead } from '../http/response-head.js'
import type { Policy } from '../pipeline/policy.js'
import type { Descriptors } from '../upstream/descriptors.js'
import type { DialDone, DialRequest } from '../upstream/dial.js'
import type { Identities } from '../upstream/identities.js'
import type { ClientCounts } from './client-counts.js'
import type { Deadlines } from './deadlines.js'
import type { Gathering } from './gathering.js'
import type { OriginPool } from './origin-pool.js'

/** What all connections of one proxy share. */
export type TransportContext = {
  readonly limits: Limits
  readonly counts: Counts
  readonly descriptors: Descriptors
  readonly deadlines: Deadlines
  readonly gathering: Gathering
  readonly pool: OriginPool
  readonly identities: Pick<Identities, 'generationOf'>
  /** Open tunnels per client; connections are counted by the listener. */
  readonly tunnels: ClientCounts
  /** Heads are read and rewritten within one turn of the event loop, so one of each serves all connections. */
  readonly requestHead: RequestHead
  readonly responseHead: ResponseHead
  /** Reaches a target by the guard of the policy under which it was decided; see `Dial`. */
  dial(policy: Policy, request: DialRequest, done: DialDone): () => void
  /** The rules and options in force now. */
  policy(): Policy
  nextId(): string
  /** Unix time, ms. */
  wallClock(): number
  /** True once the proxy is stopping: no connection is kept for another request. */
  isDraining(): boolean
  /** True while somebody wants to hear of exchanges. */
  isRecording(): boolean
  record(record: AccessRecord): void
  /** Tells of a fault of ours; the connection on which it happened is closed, the others live on. */
  reportFault(error: unknown): void
}
