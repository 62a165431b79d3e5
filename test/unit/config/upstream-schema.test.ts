import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../src/config/parse.js'
import { InputError } from '../../../src/errors.js'

const place = { file: 'c.yaml', directory: '/etc' }

function upstream(written: string) {
  const text = `upstreams:\n  a: ${written}\nroute: [{ match: ["*"], via: a }]\n`
  return parseConfig(text, place).upstreams?.a
}

function faultOf(written: string): string {
  try {
    return JSON.stringify(upstream(written))
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}

describe('an upstream', () => {
  test.each([
    ['{ url: "socks5h://127.0.0.1:9050", tor: true }', { hops: ['socks5h://127.0.0.1:9050'], tor: true }],
    [
      '{ chain: ["http://a.test", "https://b.test"], ca: ca.pem }',
      { hops: ['http://a.test', 'https://b.test'], ca: '/etc/ca.pem' },
    ],
    ['{ url: "socks5h://a.test", isolate: site+client }', { isolate: 'site+client' }],
    ['{ url: "http://a.test", check: { every: 30s } }', { check: { everyMs: 30_000, target: undefined } }],
    ['{ url: "http://a.test", check: { every: 30s, target: "a.test:443" } }', { check: { target: 'a.test:443' } }],
    ['{ group: first, members: [b] }\n  b: { url: "http://b.test" }', { group: 'first', members: ['b'] }],
    [
      '{ group: sticky, members: [b], by: site, lifetime: 1h }\n  b: { url: "http://b.test" }',
      { by: 'site', lifetimeMs: 3_600_000 },
    ],
    ['{ group: sticky, members: [b] }\n  b: { url: "http://b.test" }', { by: 'client', lifetimeMs: 600_000 }],
  ])('%s is read', (written, expected) => {
    expect(upstream(written)).toMatchObject(expected)
  })

  test.each([
    ['{}', 'upstreams.a: neither url, chain nor group; write { url:'],
    ['socks5h://127.0.0.1', 'upstreams.a: '],
    ['{ url: "http://a.test", chain: [] }', 'url and chain exclude each other'],
    ['{ url: "http://a.test", group: first }', 'url and group exclude each other'],
    ['{ url: "ftp://me:hunter2@a.test" }', 'ftp://me:<redacted>@a.test'],
    ['{ chain: [] }', 'an upstream without a URL'],
    ['{ group: first }', 'the group a has no member'],
    ['{ group: best, members: [b] }', '"best" is not possible here; write first, round-robin'],
    ['{ group: first, members: [b] }', 'there is no upstream "b"; write one of a, direct'],
    ['{ group: first, members: [b], by: client }', 'by belongs to a sticky group'],
    ['{ group: first, members: [b], tor: true }', 'tor belongs to the members of a group'],
    ['{ url: "http://a.test", members: [b] }', 'members belongs to a group'],
    ['{ url: "http://a.test", check: { every: 10ms } }', 'more often than once a second'],
    ['{ url: "http://a.test", check: { every: 1m, target: a.test } }', '"a.test" is no target; write HOST:PORT'],
    ['{ url: "http://a.test", timeout: 1s }', 'unknown key'],
    ['{ url: "http://a.test", isolate: site }', 'upstreams.a.isolate: isolate sends an identity as user and password'],
    ['{ url: "socks5h://me:hunter2@a.test", isolate: site }', 'take them out of the URL, or take isolate out'],
    ['{ url: "socks5h://a.test", isolate: host }', '"host" is not possible here; write site, client, user'],
    ['{ group: first, members: [b], isolate: site }', 'isolate belongs to the members of a group'],
    ['{ url: "socks5://127.0.0.1", tor: true }', 'write socks5h://'],
  ])('%s: %s', (written, fault) => {
    expect(faultOf(written)).toContain(fault)
    expect(faultOf(written)).toMatch(/^c\.yaml:\d+:\d+: /)
    expect(faultOf(written)).not.toContain('hunter2')
  })

  test.each(['upstream', 'a.b', '"-"', 'direct'])('is not called %s', (name) => {
    const text = `upstreams: { ${name}: { url: "http://a.test" } }\nroute: [{ match: ["*"], via: direct }]\n`
    expect(() => parseConfig(text, place)).toThrow(/upstreams\./)
  })
})

describe('a route', () => {
  test.each([
    ['{ match: [], via: direct }', 'route.1.match: matches nothing'],
    ['{ via: direct }', 'route.1.match: '],
    ['{ match: ["*"] }', 'route.1.via: nothing where text belongs'],
    ['{ match: ["*"], via: tor }', 'route.1.via: there is no upstream "tor"; write one of direct'],
    ['{ match: ["a b"], via: direct }', 'route.1.match.1: more than one pattern'],
    ['{ match: ["*"], via: direct, anonymous: true }', 'route.1: this route is marked anonymous'],
    ['{ match: ["*"], via: direct, anonymous: maybe }', '"maybe" is neither true nor false'],
  ])('%s: %s', (written, fault) => {
    expect(() => parseConfig(`route:\n  - ${written}\n`, place)).toThrow(fault)
  })
})

test('isolate of a route is refused at its place, where it could not do what it says', () => {
  const parsed = (route: string) =>
    parseConfig(
      `upstreams: { a: { url: "socks5h://a.test" } }\negress: { addresses: ["192.0.2.1"] }\nroute: [${route}]\n`,
      place,
    )
  expect(parsed('{ match: ["*"], via: direct, isolate: site }').route).toMatchObject([{ isolate: 'site' }])
  expect(() => parsed('{ match: ["*"], via: a, isolate: site }')).toThrow(
    /^c\.yaml:3:\d+: route\.1\.isolate: .* write isolate on the upstream a/,
  )
})
