import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createCounts } from '../../../src/counts.js'
import { type ErrorCode, ProxyError } from '../../../src/errors.js'
import type { Chain } from '../../../src/upstream/chain.js'
import type { DialDone } from '../../../src/upstream/dial.js'
import { createHealth } from '../../../src/upstream/health.js'
import { createMember, isUpstreamFault, type MemberState } from '../../../src/upstream/member.js'
import { socketWire } from '../../../src/upstream/socket-wire.js'
import { socketPair } from '../../helpers/socket-pair.js'

const REQUEST = { host: 'a.test', port: 443, family: 0, timeoutMs: 10_000 } as const

function member(connectTimeoutMs = 10_000) {
  let clock = 0
  let told: DialDone = () => {}
  let cancelled = 0
  const cancel = () => {
    cancelled++
  }
  const chain: Chain = {
    connectTimeoutMs,
    dial(_request, done) {
      told = done
      return cancel
    },
    reach(_timeoutMs, done) {
      told = done
      return cancel
    },
  }
  const counts = createCounts()
  const state: MemberState = { name: 'm', health: createHealth(() => {}), connections: 0, latencyMs: 0, dials: 0 }
  return {
    state,
    counts,
    member: createMember(state, chain, socketWire, () => clock, counts),
    cancelled: () => cancelled,
    ends(after: number, code: ErrorCode | null, socket: Socket | null = null, dnsMs: number | null = null) {
      clock += after
      told(code === null ? null : new ProxyError(code, 'why'), socket, { ip: null, cnames: [], dnsMs, connectMs: null })
    },
  }
}

describe('a dial', () => {
  test.each([
    [null, 'up'],
    ['VG_UPSTREAM_UNAVAILABLE', 'down'],
    ['VG_UPSTREAM_CREDENTIALS', 'down'],
    ['VG_UPSTREAM_DENIED', 'up'],
    ['VG_ORIGIN_REFUSED', 'up'],
    ['VG_ORIGIN_CONNECT_TIMEOUT', 'up'],
    ['VG_DNS_ERROR', 'up'],
  ] as const)('that ends in %s leaves its upstream %s', (code, status) => {
    const { member: one, state, ends } = member()
    one.dial(REQUEST, () => {})
    ends(1, code)
    expect([state.health.status, state.dials]).toEqual([status, 1])
  })

  test('that never reached the upstream proves nothing about it', () => {
    const { member: one, state, ends } = member()
    state.health.fail(0, 0, 'quick', 'x')
    for (const code of ['VG_DNS_ERROR', 'VG_CONNECTION_LIMIT', 'VG_DIAL_LIMIT'] as const) {
      one.dial(REQUEST, () => {})
      ends(1, code)
      expect(state.health.status).toBe('down')
    }
    one.dial(REQUEST, () => {})
    ends(1, 'VG_ORIGIN_REFUSED')
    expect(state.health.status).toBe('up')
  })

  test('that succeeds is counted by the name of its upstream, without the time of DNS', () => {
    const { member: one, counts, ends } = member()
    one.dial(REQUEST, () => {})
    ends(30, null, null, 10)
    one.dial(REQUEST, () => {})
    ends(5, 'VG_ORIGIN_REFUSED')
    expect([...counts.connectMs].map(([route, { sumMs }]) => [route, sumMs])).toEqual([['m', 20]])
  })

  test('that failed slowly is not asked for again at once', () => {
    const quick = member()
    quick.member.dial(REQUEST, () => {})
    quick.ends(400, 'VG_UPSTREAM_UNAVAILABLE')
    expect(quick.state.health.mayTryAnyway()).toBe(true)
    const slow = member()
    slow.member.dial(REQUEST, () => {})
    slow.ends(600, 'VG_UPSTREAM_UNAVAILABLE')
    expect(slow.state.health.mayTryAnyway()).toBe(false)
    const timedOut = member()
    timedOut.member.dial({ ...REQUEST, timeoutMs: 100 }, () => {})
    timedOut.ends(100, 'VG_UPSTREAM_UNAVAILABLE')
    expect(timedOut.state.health.mayTryAnyway()).toBe(false)
    const byDefault = member(100)
    byDefault.member.dial({ host: 'a.test', port: 443, family: 0 }, () => {})
    byDefault.ends(100, 'VG_UPSTREAM_UNAVAILABLE')
    expect(byDefault.state.health.mayTryAnyway()).toBe(false)
  })

  test('that connects is measured without its name, later ones weigh in', () => {
    const { member: one, state, ends } = member()
    one.dial(REQUEST, () => {})
    ends(110, null, null, 10)
    expect(state.latencyMs).toBe(100)
    one.dial(REQUEST, () => {})
    ends(200, null)
    expect(state.latencyMs).toBe(130)
  })

  test('that connects counts until its socket has closed', async () => {
    const [near] = await socketPair()
    const { member: one, state, ends } = member()
    one.dial(REQUEST, () => {})
    ends(1, null, near)
    expect(state.connections).toBe(1)
    const closed = new Promise((resolve) => near.once('close', resolve))
    near.destroy()
    await closed
    expect(state.connections).toBe(0)
  })

  test('that is cancelled ends a trial without an outcome, once', () => {
    const { member: one, state, cancelled } = member()
    state.health.fail(-5_000, -5_000, 'quick', 'x')
    const cancel = one.dial(REQUEST, () => {})
    expect(state.health.status).toBe('trial')
    cancel()
    cancel()
    expect([state.health.status, cancelled()]).toEqual(['down', 1])
  })
})

describe('a probe', () => {
  test('with a target proves that it works', () => {
    const { member: one, state, ends } = member()
    state.health.fail(0, 0, 'slow', 'x')
    one.probe({ host: 'a.test', port: 443, family: 0 }, 1_000)
    ends(1, null)
    expect(state.health.status).toBe('up')
  })

  test('without one it only makes the trial of one that refused due', () => {
    const { member: one, state, ends } = member()
    state.health.fail(0, 0, 'quick', 'x')
    one.probe(undefined, 1_000)
    ends(1, null)
    expect([state.health.status, state.health.mayTake(1)]).toEqual(['down', true])
    one.probe(undefined, 1_000)
    ends(1, 'VG_UPSTREAM_UNAVAILABLE')
    expect(state.health.failures).toBe(2)
  })
})

test('what is the upstream’s fault', () => {
  expect(isUpstreamFault(null)).toBe(false)
  expect(isUpstreamFault(new ProxyError('VG_UPSTREAM_UNAVAILABLE'))).toBe(true)
  expect(isUpstreamFault(new ProxyError('VG_ORIGIN_REFUSED'))).toBe(false)
})
