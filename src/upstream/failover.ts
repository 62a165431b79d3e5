import { type ErrorCode, ProxyError } from '../errors.js'
import type { Dial, DialRequest, DialTiming } from './dial.js'
import { isUpstreamFault, type Member } from './member.js'

export type FailoverOptions<S> = {
  /** Members in the order in which a request would try them, health aside. */
  readonly order: (request: DialRequest) => readonly Member<S>[]
  readonly connectTimeoutMs: number
  /** Milliseconds on any clock that does not go back. */
  readonly now: () => number
}

/**
 * Tries one member after the other, before a client has heard anything, within
 * one connect time-out for all. The next is tried when one cannot be reached, will
 * not have us or will not serve the target, and when so many are dialling its first
 * hop that our turn did not come in our share of the time; what a working member
 * reports of the target is the answer. Members that are down come last, and those among them that
 * never answer are left out until their time has come. It never goes direct: where
 * no member is left the dial fails.
 */
export function createFailover<S>({ order, connectTimeoutMs, now }: FailoverOptions<S>): Dial<S> {
  return function dial(request, done) {
    const timeoutMs = request.timeoutMs ?? connectTimeoutMs
    const startedAt = now()
    const wanted = order(request)
    const candidates = inTurn(wanted.length === 1 ? wanted : [...new Set(wanted)], startedAt)
    let tried = 0
    let attempts = 0
    let failure: ProxyError | undefined
    let lastTiming: DialTiming = { ip: null, cnames: [], dnsMs: null, connectMs: null }
    let cancelAttempt: (() => void) | undefined
    let isOver = false

    function tryNext(): void {
      const member = candidates[tried++]
      const left = startedAt + timeoutMs - now()
      if (member === undefined || left <= 0) {
        isOver = true
        done(failure ?? new ProxyError('VG_UPSTREAM_UNAVAILABLE', 'all are down'), null, lastTiming)
        return
      }
      // a single one, the usual case, has all the time, and needs neither a request of its own nor a second list
      const offer =
        candidates.length === 1 ? request : { ...request, timeoutMs: left / (candidates.length - tried + 1) }
      const mine = ++attempts
      const cancel = member.dial(offer, (error, socket, timing) => {
        lastTiming = timing
        if (error !== null && (isUpstreamFault(error) || OF_THIS_MEMBER.has(error.code))) {
          failure = moreTelling(failure, named(error, member))
          tryNext()
          return
        }
        isOver = true
        done(error, socket, timing)
      })
      if (mine === attempts) cancelAttempt = cancel
    }

    tryNext()
    return () => {
      if (isOver) return
      isOver = true
      cancelAttempt?.()
    }
  }
}

/** No fault of the member, and yet the next one may do better. */
const OF_THIS_MEMBER: ReadonlySet<ErrorCode> = new Set(['VG_UPSTREAM_DENIED', 'VG_DIAL_LIMIT'])

function inTurn<S>(members: readonly Member<S>[], now: number): readonly Member<S>[] {
  if (members.every(({ state }) => state.health.mayTake(now))) return members
  const inOrder = members.filter(({ state }) => state.health.mayTake(now))
  const others = members.filter(({ state }) => !state.health.mayTake(now) && state.health.mayTryAnyway())
  return [...inOrder, ...others]
}

function named(error: ProxyError, { state }: Pick<Member<unknown>, 'state'>): ProxyError {
  const detail = error.detail === undefined ? state.name : `${state.name}: ${error.detail}`
  return new ProxyError(error.code, detail, { cause: error })
}

/** An answer says more than none. */
function moreTelling(before: ProxyError | undefined, latest: ProxyError): ProxyError {
  return before === undefined || before.code === 'VG_UPSTREAM_UNAVAILABLE' ? latest : before
}
