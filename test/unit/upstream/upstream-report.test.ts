import { expect, test } from 'vitest'
import type { UpstreamSettings } from '../../../src/policy/upstream-settings.js'
import { type GroupState, mergeStates, type ProxyState, upstreamStates } from '../../../src/upstream/upstream-report.js'
import { standInMember } from '../../helpers/stand-in-members.js'

const UPSTREAMS: Readonly<Record<string, UpstreamSettings>> = {
  a: { hops: ['http://me:hunter2@a.test:3128', 'socks5h://b.test'], tor: true },
  b: { hops: ['https://b.test'], tor: false },
  out: { group: 'first', members: ['a', 'in'], by: 'client', lifetimeMs: 1 },
  in: { group: 'random', members: ['b', 'a'], by: 'client', lifetimeMs: 1 },
}

test('says how each entry stands, in the order of the configuration, without credentials', () => {
  const [a, b] = [standInMember('a'), standInMember('b')]
  a.state.health.fail(0, 1_000, 'quick', 'it refuses connections')
  Object.assign(b.state, { connections: 2, latencyMs: 12.34, dials: 9 })
  const settings = { hops: [], tor: false }
  const states = upstreamStates(
    { upstreams: UPSTREAMS },
    {
      members: [
        [b, settings],
        [a, settings],
      ],
    },
    1_400,
  )
  expect(states).toEqual([
    {
      name: 'a',
      kind: 'upstream',
      hops: ['http://me:<redacted>@a.test:3128/', 'socks5h://b.test'],
      tor: true,
      status: 'down',
      failures: 1,
      lastError: 'it refuses connections',
      retryInMs: 600,
      connections: 0,
      latencyMs: null,
      dials: 0,
    },
    {
      name: 'b',
      kind: 'upstream',
      hops: ['https://b.test'],
      tor: false,
      status: 'up',
      failures: 0,
      lastError: null,
      retryInMs: null,
      connections: 2,
      latencyMs: 12.3,
      dials: 9,
    },
    { name: 'out', kind: 'group', group: 'first', members: ['a', 'in'], up: 1, of: 2 },
    { name: 'in', kind: 'group', group: 'random', members: ['b', 'a'], up: 1, of: 2 },
  ])
})

test('several processes: down where it is for any, counts together, groups by what came out', () => {
  const of = (status: 'up' | 'down', more: Partial<ProxyState> = {}): ProxyState => ({
    name: 'a',
    kind: 'upstream',
    hops: [],
    tor: false,
    status,
    failures: status === 'up' ? 0 : 2,
    lastError: status === 'up' ? null : 'why',
    retryInMs: status === 'up' ? null : 500,
    connections: 1,
    latencyMs: null,
    dials: 3,
    ...more,
  })
  const group: GroupState = { name: 'g', kind: 'group', group: 'first', members: ['a'], up: 1, of: 1 }
  const [a, g] = mergeStates([
    [of('up', { latencyMs: 20 }), group],
    [of('down', { latencyMs: 10 }), { ...group, up: 0 }],
    [of('up', { name: 'other' }), group],
  ])
  expect(a).toMatchObject({ status: 'down', lastError: 'why', retryInMs: 500, connections: 2, dials: 6, latencyMs: 10 })
  expect(g).toMatchObject({ up: 0, of: 1 })
  expect(mergeStates([[of('up')]])).toEqual([of('up')])
  expect(mergeStates([])).toEqual([])
})
