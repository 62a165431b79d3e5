import type { DecisionReason } from '../channels.js'
import type { ErrorCode } from '../errors.js'
import type { RequestHead } from '../http/request-head.js'
import type { TargetForm } from '../http/target.js'
import type { RuleMatch } from '../rules/rule.js'
import type { Policy } from './policy.js'
import type { Route } from './route.js'

/** What is done with a request. */
export type Plan = 'forward' | 'tunnel' | 'answer' | 'refuse'

/** Why the target was allowed or blocked: what the log, the block page and `check` show. */
export type Decision = {
  readonly action: 'allow' | 'block'
  readonly reason: DecisionReason
  readonly level: string
  readonly rule: RuleMatch | null
  /** The canonical name that the rule is about, where the host asked for is only an alias of it. */
  readonly cname?: string
}

/**
 * What is known about one request. The pipeline owns it and its stages fill it
 * in; when they are done, `plan` says what the transport shall perform.
 */
export type Exchange = {
  readonly id: string
  /** Unix time, ms. */
  readonly startedAt: number
  readonly client: { readonly ip: string; readonly port: number }
  /** The rules and options in force when the request arrived; a reload does not change them. */
  readonly policy: Policy
  /** Valid until the reader goes on: stages copy what is needed later. */
  readonly head: RequestHead
  /** The whole received head, for what is looked up only when something is refused or logged. */
  readonly headText: string
  readonly method: string
  readonly minor: number
  form: TargetForm | 'invalid'
  route: Route | undefined
  /** Path and query for plain http, empty otherwise. */
  path: string
  plan: Plan
  decision: Decision
  wouldBlock: boolean
  /** Why the plan is `refuse`. */
  error: ErrorCode | undefined
  detail: string
  /** The head for the origin, where the plan is `forward`. */
  requestHead: string
  upgrade: boolean
  /** One site loads something from another, as far as the header policy asks. */
  isThirdParty: boolean
  headersRemoved: string[] | undefined
}

const UNDECIDED: Decision = { action: 'allow', reason: 'default', level: 'default', rule: null }
const LOCAL: Decision = { action: 'allow', reason: 'local', level: 'default', rule: null }
const MALFORMED: Decision = { action: 'block', reason: 'malformed', level: 'default', rule: null }

export type ExchangeOrigin = Pick<Exchange, 'id' | 'startedAt' | 'client' | 'policy' | 'head'>

export function createExchange({ id, startedAt, client, policy, head }: ExchangeOrigin): Exchange {
  return {
    id,
    startedAt,
    client,
    policy,
    head,
    headText: head.fields.text,
    method: head.method,
    minor: head.minor,
    form: 'invalid',
    route: undefined,
    path: '',
    plan: 'refuse',
    decision: UNDECIDED,
    wouldBlock: false,
    error: undefined,
    detail: '',
    requestHead: '',
    upgrade: false,
    isThirdParty: false,
    headersRemoved: undefined,
  }
}

/** Settles an exchange as refused. Returns false, which is how a stage says that it has settled one. */
export function refuse(exchange: Exchange, error: ErrorCode, detail: string, decision: Decision = MALFORMED): false {
  exchange.plan = 'refuse'
  exchange.error = error
  exchange.detail = detail
  exchange.decision = decision
  return false
}

/** Settles an exchange that ends here with an answer of ours. Returns false like `refuse`. */
export function settleLocally(exchange: Exchange): false {
  exchange.plan = 'answer'
  exchange.decision = LOCAL
  return false
}

/** The decision of a check that is no rule. */
export function refusalBy(reason: DecisionReason): Decision {
  return { action: 'block', reason, level: 'default', rule: null }
}
