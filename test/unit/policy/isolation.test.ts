import { describe, expect, test } from 'vitest'
import {
  checkIsolation,
  isolatesClients,
  isolatesSites,
  isolationsFrom,
  isolationsOf,
} from '../../../src/policy/isolation.js'
import type { Isolation, RouteSettings, UpstreamSettings } from '../../../src/policy/upstream-settings.js'

const proxy = (url: string, isolate?: Isolation): UpstreamSettings => ({ hops: url.split(' '), tor: false, isolate })
const group = (...members: string[]): UpstreamSettings => ({ group: 'first', members, by: 'client', lifetimeMs: 1 })
const route = (via: string, isolate?: Isolation): RouteSettings => ({ match: ['*'], via, anonymous: false, isolate })

function faults(
  upstreams: Readonly<Record<string, UpstreamSettings>>,
  routes: readonly RouteSettings[] = [],
  addresses: readonly string[] = [],
) {
  return checkIsolation({ upstreams, route: routes, egress: { addresses } }).map(
    ({ path, message, fix }) => `${path.join('.')}: ${message}; ${fix}`,
  )
}

describe('checkIsolation', () => {
  test.each([['socks5h://p'], ['socks5://p'], ['http://u:w@p socks5h://q']])(
    'the last hop of %s can be told an identity',
    (url) => {
      expect(faults({ a: proxy(url, 'site') })).toEqual([])
    },
  )

  test.each([
    ['http://p', /speaks http; write socks5h/],
    ['https://p', /speaks https/],
    ['socks4a://p', /speaks socks4a/],
    ['socks5h://p http://q', /speaks http;/],
    ['socks5h://user:geheim@p', /URL of the last hop holds some; take them out/],
    ['socks5://user@p', /holds some/],
  ])('that of %s cannot', (url, message) => {
    const [fault, ...others] = faults({ a: proxy(url, 'site') })
    expect(fault).toMatch(message)
    expect(fault).toMatch(/^upstreams\.a\.isolate: /)
    expect(fault).not.toContain('geheim')
    expect(others).toEqual([])
    expect(faults({ a: proxy(url) })).toEqual([])
  })

  test('a group fails over to nobody who has no identity', () => {
    const a = proxy('socks5h://p', 'site')
    const b = proxy('socks5h://q', 'client')
    const c = proxy('http://r')
    expect(faults({ a, b, c, out: group('a', 'b') })).toEqual([])
    expect(faults({ a, b, c, out: group('in', 'c'), in: group('a', 'b') })).toEqual([
      'upstreams.out.members: in of this group isolate, and c does not; write isolate on all members or on none',
    ])
  })

  test('a direct route needs addresses to choose among, any other says it on its upstream', () => {
    expect(faults({}, [route('direct', 'site')], ['192.0.2.0/24'])).toEqual([])
    expect(faults({}, [route('direct', 'site')])).toEqual([expect.stringContaining('route.0.isolate: ')])
    expect(faults({ a: proxy('socks5h://p') }, [route('a', 'site')], ['192.0.2.1'])).toEqual([
      expect.stringContaining('write isolate on the upstream a'),
    ])
  })
})

test('what isolates is found wherever it stands', () => {
  const upstreams = { a: proxy('socks5h://p', 'site'), b: proxy('socks5h://q'), out: group('a', 'b') }
  expect(isolationsOf({ upstreams, route: [route('direct', 'client'), route('a')] })).toEqual(['site', 'client'])
  expect(isolationsOf({ upstreams: { b: upstreams.b }, route: [] })).toEqual([])
  expect(['a', 'b', 'out', 'nobody'].map((name) => isolationsFrom({ upstreams, route: [] }, name))).toEqual([
    ['site'],
    [],
    ['site'],
    [],
  ])
})

test('what each tells apart', () => {
  const all = ['site', 'client', 'user', 'site+client'] as const
  expect(all.filter(isolatesSites)).toEqual(['site', 'site+client'])
  expect(all.filter(isolatesClients)).toEqual(['client', 'user', 'site+client'])
})
