import { forwardedRequestHead, forwardedResponseHead } from '../../src/http/forwarded-head.js'
import { compileHeaderPolicies, type HeaderOptions, type HeaderPolicy } from '../../src/http/header-policy.js'
import { createRequestHead, parseRequestHead } from '../../src/http/request-head.js'
import { createResponseHead, parseResponseHead } from '../../src/http/response-head.js'
import { siteOf } from '../../src/http/site.js'
import { isThirdParty } from '../../src/http/third-party.js'
import { LIMITS } from './read-messages.js'

const DEFAULTS: HeaderOptions = { profile: 'standard', perHost: [] }

export type Forwarded = {
  /** The head that goes on, with its empty line; undefined when the head was refused. */
  readonly text: string | undefined
  /** The lines of `text` behind the first. */
  readonly lines: readonly string[]
  readonly removed: readonly string[]
}

/** Reads a request head and rewrites it for `host`. */
export function forwardRequest(
  head: string,
  options: Partial<HeaderOptions> = {},
  host = 'o.test',
  path = '/p',
  policy: HeaderPolicy = compileHeaderPolicies({ ...DEFAULTS, ...options }).base,
): Forwarded {
  const target = { host, site: siteOf(host) }
  const received = createRequestHead(LIMITS)
  const removed: string[] = []
  if (!parseRequestHead(head, LIMITS, policy.request.table, received)) return { text: undefined, lines: [], removed }
  const text = forwardedRequestHead(
    received,
    { ...target, path, isThirdParty: policy.asksThirdParty && isThirdParty(received.fields, target) },
    policy,
    removed,
  )
  return { text, lines: text.split('\r\n').slice(1, -2), removed }
}

/** Reads a response head and rewrites it for the client. */
export function forwardResponse(
  head: string,
  {
    method = 'GET',
    connection = '',
    dropsTransferEncoding = false,
    isThirdParty: isForeign = false,
    ...options
  }: Partial<HeaderOptions> & {
    readonly method?: string
    readonly connection?: string
    readonly dropsTransferEncoding?: boolean
    readonly isThirdParty?: boolean
  } = {},
): Forwarded {
  const policy = compileHeaderPolicies({ ...DEFAULTS, ...options }).base
  const received = createResponseHead(LIMITS)
  if (!parseResponseHead(head, LIMITS, policy.response.table, method, received))
    return { text: undefined, lines: [], removed: [] }
  const text = forwardedResponseHead(
    received,
    { connection, dropsTransferEncoding, isThirdParty: isForeign },
    policy.response,
  )
  return { text, lines: text.split('\r\n').slice(1, -2), removed: [] }
}
