import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkRouting, everyProxy, hopsOf, pathsOf, proveAnonymous } from '../../../src/policy/routing-graph.js'
import type { UpstreamSettings } from '../../../src/policy/upstream-settings.js'

function proxy(...hops: string[]): UpstreamSettings {
  return { hops, tor: false }
}

function group(...members: string[]): UpstreamSettings {
  return { group: 'first', members, by: 'client', lifetimeMs: 600_000 }
}

function by(via: string, anonymous = false) {
  return [{ match: ['*'], via, anonymous }]
}

/** `g0` to `g<count>`, each with these members of the one before it. */
function nested(count: number, width: number): Readonly<Record<string, UpstreamSettings>> {
  const groups = Array.from({ length: count }, (_, i) => [`g${i + 1}`, group(...Array<string>(width).fill(`g${i}`))])
  return { u: proxy('http://u.test'), g0: group('u'), ...Object.fromEntries(groups) }
}

describe('checkRouting', () => {
  test.each<[string, Parameters<typeof checkRouting>[0], RegExp | undefined]>([
    ['nothing', { upstreams: {}, route: [] }, undefined],
    ['a route to an upstream', { upstreams: { a: proxy('http://a.test') }, route: by('a') }, undefined],
    ['a route to direct', { upstreams: {}, route: by('direct') }, undefined],
    ['an unknown name', { upstreams: { a: proxy('http://a.test') }, route: by('b') }, /no upstream "b".*a, direct/],
    ['a name of every object', { upstreams: {}, route: by('constructor') }, /no upstream "constructor"/],
    ['upstreams that nobody uses', { upstreams: { a: proxy('http://a.test') }, route: [] }, /all would go direct/],
    ['an empty group', { upstreams: { g: group() }, route: by('g') }, /the group g has no member/],
    ['an unknown member', { upstreams: { g: group('x') }, route: by('g') }, /no upstream "x"/],
    ['direct as a member', { upstreams: { g: group('direct') }, route: by('g') }, /direct is no member/],
    ['a circle', { upstreams: { g: group('h'), h: group('g') }, route: by('g') }, /g → h → g/],
    ['a group in itself', { upstreams: { g: group('g') }, route: by('g') }, /g → g/],
    ['groups that double at each level', { upstreams: nested(60, 2), route: by('g60') }, /more than 10000 ways/],
    [
      'groups without end',
      { upstreams: nested(200, 1), route: by('g200') },
      /groups within groups, more than 100 deep/,
    ],
    ['a group behind a circle', { upstreams: { f: group('g'), g: group('g') }, route: by('f') }, /g → g/],
    ['groups in groups', { upstreams: nested(10, 2), route: by('g10') }, undefined],
    [
      'an upstream called direct',
      { upstreams: { direct: proxy('http://a.test') }, route: by('direct') },
      /another name/,
    ],
    ['a wrong URL', { upstreams: { a: proxy('ftp://a.test') }, route: by('a') }, /do not speak ftp/],
    ['no URL', { upstreams: { a: proxy() }, route: by('a') }, /without a URL/],
    [
      'Tor that looks names up here',
      { upstreams: { a: { hops: ['socks5://127.0.0.1:9050'], tor: true } }, route: by('a') },
      /socks5 looks names up here.*write socks5h/,
    ],
    [
      'socks4 before an IPv6 hop',
      { upstreams: { a: proxy('socks4://a.test', 'http://[2001:db8::1]') }, route: by('a') },
      /cannot reach the IPv6 address/,
    ],
  ])('%s', (_what, config, why) => {
    const faults = checkRouting(config).map(({ message, fix }) => `${message}; ${fix}`)
    if (why === undefined) expect(faults).toEqual([])
    else expect(faults.join('\n')).toMatch(why)
  })
})

describe('proveAnonymous', () => {
  test.each([
    ['socks5h', ['socks5h://127.0.0.1:9050'], ''],
    ['http in clear, without credentials', ['http://a.test'], ''],
    ['credentials in TLS', ['https://me:p@a.test'], ''],
    ['credentials on loopback', ['http://me:p@127.0.0.1', 'https://me:p@[::1]'], ''],
    [
      'credentials to the loopback of another machine',
      ['socks5h://192.0.2.1', 'http://me:p@127.0.0.1:3128'],
      'credentials go in clear to http://127.0.0.1:3128',
    ],
    [
      'credentials to what a program on loopback takes for loopback',
      ['socks5h://127.0.0.1:9050', 'socks5h://me:p@localhost'],
      'credentials go in clear to socks5h://localhost:1080',
    ],
    ['credentials in clear', ['http://me:p@a.test'], 'credentials go in clear to http://a.test:80'],
    [
      'credentials in clear behind TLS',
      ['https://a.test', 'socks5h://me:p@b.test'],
      'credentials go in clear to socks5h://b.test:1080',
    ],
    ['socks5', ['socks5://127.0.0.1'], 'names are looked up here (socks5)'],
    ['socks4 as the last hop', ['https://a.test', 'socks4://b.test'], 'names are looked up here (socks4)'],
    ['socks5 that only leads to the next hop', ['socks5://a.test', 'http://b.test'], ''],
  ])('%s', (_what, hops, leak) => {
    const faults = proveAnonymous({ upstreams: { a: proxy(...hops) }, route: by('a', true) })
    if (leak === '') expect(faults).toEqual([])
    else expect(faults[0]?.message).toContain(`by a ${leak}`)
    expect(JSON.stringify(faults)).not.toContain(':p@')
    expect(proveAnonymous({ upstreams: { a: proxy(...hops) }, route: by('a') })).toEqual([])
  })

  test('names every way on which a route is not anonymous', () => {
    const upstreams = {
      a: proxy('socks5://a.test'),
      b: proxy('socks5h://b.test'),
      g: group('b', 'a'),
      out: group('g', 'b'),
    }
    expect(proveAnonymous({ upstreams, route: by('out', true) }).map(({ message }) => message)).toEqual([
      'this route is marked anonymous, and by out → g → a names are looked up here (socks5)',
    ])
    expect(proveAnonymous({ upstreams, route: by('direct', true) })[0]?.message).toContain('by direct it goes direct')
  })

  test('invariant: a route without fault leads on no way to direct, nor to a hop that needs a resolver of ours', () => {
    const url = fc.constantFrom(
      'socks5h://a.test',
      'socks5://b.test',
      'http://c.test',
      'http://u:p@d.test',
      'https://u:p@e.test',
    )
    const leaf = fc.array(url, { minLength: 1, maxLength: 3 }).map((hops) => proxy(...hops))
    const names = ['l0', 'l1', 'l2']
    const inner = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }).map((members) => group(...members))
    const outer = fc.uniqueArray(fc.constantFrom(...names, 'g'), { minLength: 1 }).map((members) => group(...members))
    fc.assert(
      fc.property(
        leaf,
        leaf,
        leaf,
        inner,
        outer,
        fc.constantFrom(...names, 'g', 'o', 'direct'),
        (l0, l1, l2, g, o, via) => {
          const config = { upstreams: { l0, l1, l2, g, o }, route: by(via, true) }
          if (proveAnonymous(config).length > 0) return
          for (const { proxy: way } of pathsOf(config, 0)) {
            expect(way).toBeDefined()
            const hops = way === undefined ? [] : hopsOf(way)
            expect(['socks4', 'socks5']).not.toContain(hops.at(-1)?.scheme)
            expect(hops.filter(({ scheme, password }) => password !== '' && scheme !== 'https')).toEqual([])
          }
        },
      ),
    )
  })
})

test('a question about every upstream behind a name', () => {
  const upstreams = { a: { hops: ['socks5h://a.test'], tor: true }, b: proxy('http://b.test'), g: group('a', 'b') }
  const isTor = (name: string) => everyProxy({ upstreams, route: [] }, name, ({ tor }) => tor)
  expect([isTor('a'), isTor('b'), isTor('g'), isTor('direct')]).toEqual([true, false, false, false])
})
