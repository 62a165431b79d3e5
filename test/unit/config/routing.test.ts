import { describe, expect, test } from 'vitest'
import { refuseLostRoutes, refuseUnsafeRouting, routingFaults } from '../../../src/config/routing.js'

const UPSTREAMS = { a: { hops: ['socks5h://127.0.0.1:9050'], tor: false } }
const NO_ADDRESSES = { addresses: [] }

function faults(...route: readonly (readonly [match: string, via: string, anonymous: boolean])[]) {
  const routes = route.map(([match, via, anonymous]) => ({ match: match.split(' '), via, anonymous }))
  return routingFaults({ upstreams: UPSTREAMS, route: routes, egress: NO_ADDRESSES }).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  )
}

describe('routingFaults', () => {
  test('finds nothing where all is in order', () => {
    expect(faults(['*.onion', 'a', true], ['*', 'direct', false])).toEqual([])
  })

  test('names patterns that are none', () => {
    expect(faults(['a.test http://b/c', 'a', false])).toEqual([
      expect.stringContaining('route.0.match.1: `http://b/c`'),
    ])
  })

  test.each([
    ['*', '*.onion'],
    ['.test', 'a.test'],
    ['.test', '*.a.test'],
    ['192.0.2.0/24', '192.0.2.7'],
    ['*.test', 'ads*.test'],
    ['*:443', 'a.test'],
    ['*:80', 'a.test'],
    ['.test:80', '*.test'],
    ['/^b.nk.test$/', 'b?nk.test'],
    ['*.test', 'ads[0-9a].test'],
    ['*.test', 'ads[!0-9].test'],
    ['*', '/^secret/'],
    ['/./', 'ads?.test'],
  ])('an earlier route that takes %s leaves %s anonymous in name only', (before, pattern) => {
    expect(faults([before, 'direct', false], [pattern, 'a', true])).toEqual([
      expect.stringContaining('route.1.match.0: '),
    ])
    expect(faults([pattern, 'a', true], [before, 'direct', false])).toEqual([])
  })

  test('an exception before an anonymous route is meant', () => {
    expect(faults(['intranet.test', 'direct', false], ['.test', 'a', true])).toEqual([])
    expect(faults(['*', 'a', true], ['*.onion', 'a', true])).toEqual([])
    expect(faults(['.test:8080', 'direct', false], ['.test', 'a', true])).toEqual([])
    expect(faults(['*:80', 'direct', false], ['*:443', 'a', true])).toEqual([])
    expect(faults(['veilgate-*', 'direct', false], ['/^secret/', 'a', true])).toEqual([])
  })
})

test('an isolation that cannot be is found beside the rest', () => {
  const route = [{ match: ['*'], via: 'direct', anonymous: true, isolate: 'site' }] as const
  expect(routingFaults({ upstreams: {}, route, egress: NO_ADDRESSES }).map(({ path }) => path.join('.'))).toEqual([
    'route.0.isolate',
    'route.0',
  ])
})

test('unsafe routing is refused with the place of each fault', () => {
  expect(() => refuseUnsafeRouting({ upstreams: {}, route: [], egress: NO_ADDRESSES })).not.toThrow()
  expect(() =>
    refuseUnsafeRouting({
      upstreams: UPSTREAMS,
      route: [{ match: ['*'], via: 'direct', anonymous: true }],
      egress: NO_ADDRESSES,
    }),
  ).toThrow('route.1: this route is marked anonymous, and by direct it goes direct')
})

test('routes into upstreams do not end by being left out', () => {
  const into = { route: [{ match: ['*'], via: 'a', anonymous: false }] }
  const direct = { route: [{ match: ['*'], via: 'direct', anonymous: false }] }
  const none = { route: [] }
  expect(() => refuseLostRoutes(into, none)).toThrow('write route: [{ match: ["*"], via: direct }]')
  for (const [before, after] of [
    [into, direct],
    [into, into],
    [direct, none],
    [none, none],
    [none, into],
  ] as const) {
    expect(() => refuseLostRoutes(before, after)).not.toThrow()
  }
})
