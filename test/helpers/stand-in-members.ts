import { ProxyError } from '../../src/errors.js'
import type { Dial, DialRequest } from '../../src/upstream/dial.js'
import { createHealth } from '../../src/upstream/health.js'
import type { Member } from '../../src/upstream/member.js'

/** What a member of a test answers: an error, a connection (a socket is not needed there), or nothing. */
export type StandInAnswer = ProxyError | 'connected' | 'silent'

export type StandInMember = Member & { readonly requests: DialRequest[]; cancelled: number; answer: StandInAnswer }

export const UNAVAILABLE = new ProxyError('VG_UPSTREAM_UNAVAILABLE', 'it refuses connections')

/** A member without a network: it answers before `dial` returns. */
export function standInMember(name: string, answer: StandInAnswer = 'connected', up = true): StandInMember {
  const health = createHealth(() => {})
  if (!up) health.fail(0, 0, 'quick', 'down')
  const requests: DialRequest[] = []
  const dial: Dial = (request, done) => {
    requests.push(request)
    const upstream = { name, ip: '127.0.0.1', parentFields: null }
    const timing = { ip: null, cnames: [], dnsMs: null, connectMs: 1, upstream }
    const { answer: now } = member
    if (now === 'connected') done(null, {} as never, timing)
    else if (now !== 'silent') done(now, null, timing)
    return () => {
      member.cancelled++
    }
  }
  const member: StandInMember = {
    state: { name, health, connections: 0, latencyMs: 0, dials: 0 },
    dial,
    probe: () => () => {},
    requests,
    cancelled: 0,
    answer,
  }
  return member
}
