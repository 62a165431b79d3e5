import type { ErrorCode } from '../errors.js'
import type { RuleMatch } from '../rules/rule.js'

/** Everything one answer of ours is made of. Plain data: the same refusal always gives the same bytes. */
export type Refusal = {
  readonly code: ErrorCode
  /** The catalog's status, or `rules.blockStatus` for a blocked request. */
  readonly status: number
  /** What exactly was wrong (`ProxyError.detail`); shown to the client. */
  readonly detail: string | null
  /** The rule that blocked; null for the default and for everything that is not a rule. */
  readonly rule: RuleMatch | null
  /** The name that the rule is about, where the host is only an alias of it (CNAME). */
  readonly cname?: string | undefined
  /** Empty where none could be read. */
  readonly method: string
  readonly form: 'absolute' | 'authority' | 'origin' | 'asterisk' | 'invalid'
  /** Canonical; empty where none could be read. */
  readonly host: string
  /** As received, for plain http. Query, fragment and userinfo are never shown. */
  readonly url: string
  /** Field values of the request, empty where absent. */
  readonly accept: string
  readonly secFetchDest: string
  readonly requestId: string
  /** IMF-fixdate (RFC 9110 §5.6.7). */
  readonly date: string
  /** The connection could be used again as far as the request goes; codes that close override it. */
  readonly keepAlive: boolean
  /** Minor version of the request's HTTP/1.x. */
  readonly httpMinor: number
  readonly blockPage: { readonly title: string; readonly contact: string }
}
