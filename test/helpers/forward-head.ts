import { forwardedRequestHead, forwardedResponseHead } from '../../src/http/forwarded-head.js'
import { compileHeaderPolicy, type HeaderOptions } from '../../src/http/header-policy.js'
import { createRequestHead, parseRequestHead } from '../../src/http/request-head.js'
import { createResponseHead, parseResponseHead } from '../../src/http/response-head.js'
import { LIMITS } from './read-messages.js'

const DEFAULTS: HeaderOptions = { profile: 'standard', keep: [], remove: [], set: {} }

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
): Forwarded {
  const policy = compileHeaderPolicy({ ...DEFAULTS, ...options })
  const received = createRequestHead(LIMITS)
  const removed: string[] = []
  if (!parseRequestHead(head, LIMITS, policy.request, received)) return { text: undefined, lines: [], removed }
  const text = forwardedRequestHead(received, path, host, policy, removed)
  return { text, lines: text.split('\r\n').slice(1, -2), removed }
}

/** Reads a response head and rewrites it for the client. */
export function forwardResponse(
  head: string,
  {
    method = 'GET',
    connection = '',
    dropsTransferEncoding = false,
    ...options
  }: Partial<HeaderOptions> & {
    readonly method?: string
    readonly connection?: string
    readonly dropsTransferEncoding?: boolean
  } = {},
): Forwarded {
  const policy = compileHeaderPolicy({ ...DEFAULTS, ...options })
  const received = createResponseHead(LIMITS)
  if (!parseResponseHead(head, LIMITS, policy.response, method, received))
    return { text: undefined, lines: [], removed: [] }
  const text = forwardedResponseHead(received, { connection, dropsTransferEncoding })
  return { text, lines: text.split('\r\n').slice(1, -2), removed: [] }
}
