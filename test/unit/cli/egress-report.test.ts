import { describe, expect, test } from 'vitest'
import { anonymousLines, egressLines, egressReport } from '../../../src/cli/egress-report.js'
import { mergeSettings, type Settings } from '../../../src/config/settings.js'
import { decideTarget } from '../../../src/pipeline/decide-target.js'
import { policyOf } from '../../helpers/exchanges.js'

const SETTINGS: Settings = {
  upstreams: {
    tor: { hops: ['socks5h://127.0.0.1:9050'], tor: true },
    b: { hops: ['https://me:hunter2@b.test', 'socks4://c.test'], tor: false },
    out: { group: 'first', members: ['tor', 'b'], by: 'client', lifetimeMs: 1 },
  },
  route: [
    { match: ['*.onion'], via: 'tor', anonymous: true },
    { match: ['.direct.test', '8.8.8.8'], via: 'direct', anonymous: false },
    { match: ['*.test', '2606:4700::/32'], via: 'out', anonymous: false },
  ],
}

function report(target: string, settings: Settings = SETTINGS) {
  return egressReport(mergeSettings(settings), decideTarget(policyOf([], settings), target))
}

describe('egressReport', () => {
  test('of a route names each way, with its hops, resolver and address family', () => {
    expect(report('a.test')).toEqual({
      route: { number: 3, match: ['*.test', '2606:4700::/32'], via: 'out', anonymous: false },
      paths: [
        {
          names: ['out', 'tor'],
          hops: ['socks5h://127.0.0.1:9050'],
          resolver: 'upstream',
          family: 'as the upstream chooses',
          isolate: null,
        },
        {
          names: ['out', 'b'],
          hops: ['https://me:<redacted>@b.test/', 'socks4://c.test'],
          resolver: 'system',
          family: 'IPv4',
          isolate: null,
        },
      ],
      headers: 'standard',
      isTunnel: true,
      browser: null,
    })
  })

  test.each([
    [
      'http://direct.test/',
      {
        paths: [{ names: ['direct'], hops: [], resolver: 'system', family: 'IPv6 and IPv4' }],
        headers: 'standard',
        isTunnel: false,
      },
    ],
    ['8.8.8.8', { paths: [{ resolver: 'none', family: 'IPv4' }], isTunnel: true }],
    [
      '[2606:4700::1]:443',
      { route: { via: 'out' }, paths: [{ resolver: 'none', family: 'IPv6' }, { family: 'IPv6' }] },
    ],
    ['x.example', { route: null, paths: [] }],
  ])('of %s', (target, expected) => {
    expect(report(target)).toMatchObject(expected)
  })

  test.each<[what: string, egress: Settings['egress'], resolver: string, family: string]>([
    ['addresses of one family', { addresses: ['192.0.2.7'] }, 'system', 'IPv4'],
    ['of the other', { addresses: ['2001:db8::/64'] }, 'system', 'IPv6'],
    ['of both', { addresses: ['192.0.2.7', '2001:db8::7'] }, 'system', 'IPv6 and IPv4'],
    ['a fallback', { dns: { mode: 'doh', fallback: 'system' } }, 'doh, then system', 'IPv6 and IPv4'],
    ['no fallback', { dns: { mode: 'doh' } }, 'doh', 'IPv6 and IPv4'],
    ['no resolver here', { dns: { mode: 'upstream' } }, 'nobody', 'IPv6 and IPv4'],
  ])('of a direct way with %s', (_what, egress, resolver, family) => {
    expect(report('direct.test', { ...SETTINGS, egress }).paths).toMatchObject([{ resolver, family }])
    expect(report('x.onion', { ...SETTINGS, egress }).paths).toMatchObject([
      { resolver: 'upstream', family: 'as the upstream chooses' },
    ])
  })

  test('without routes', () => {
    expect(report('a.test', {})).toMatchObject({ route: { number: 0, via: 'direct' }, paths: [{ names: ['direct'] }] })
  })
})

test('the same for people', () => {
  expect(egressLines(report('x.onion'))).toEqual([
    'route tor (route 1: *.onion), anonymous',
    'by tor → socks5h://127.0.0.1:9050',
    '  resolver upstream, address family as the upstream chooses',
    'headers untouched in a tunnel, standard for http:// there',
  ])
  expect(egressLines(report('x.example'))[0]).toBe('no route leads there')
  expect(egressLines(report('http://a.test/', {}))).toEqual([
    'route direct (no routes are configured)',
    'by direct',
    '  resolver system, address family IPv6 and IPv4',
    'headers standard',
  ])
})

test('what has an identity of its own', () => {
  const isolated = {
    upstreams: { tor: { hops: ['socks5h://127.0.0.1:9050'], tor: true, isolate: 'site+client' } },
    route: [
      { match: ['direct.test'], via: 'direct', anonymous: false, isolate: 'client' },
      { match: ['*'], via: 'tor', anonymous: false },
    ],
  } as const
  const lines = (target: string) => egressLines(report(target, isolated))
  expect(lines('a.test')[2]).toMatch(/, an identity for each site and client$/)
  expect(lines('direct.test')[2]).toMatch(/, an identity for each client$/)
  expect(report('a.test', isolated).paths).toMatchObject([{ isolate: 'site+client' }])
})

test('what was shown to be anonymous', () => {
  expect(anonymousLines(mergeSettings(SETTINGS))).toEqual([
    'route 1 (*.onion) is anonymous by tor → socks5h://127.0.0.1:9050',
  ])
})

describe('the browser that requests pass for', () => {
  const settings: Settings = {
    upstreams: { tor: { hops: ['socks5h://127.0.0.1:9050'], tor: true, isolate: 'site' } },
    route: [
      { match: ['.direct.test'], via: 'direct', anonymous: false },
      { match: ['*'], via: 'tor', anonymous: true },
    ],
    headers: {
      profile: 'strict',
      perHost: [
        { match: ['.plain.test'], profile: 'standard' },
        { match: ['clear.test:80'], profile: 'off' },
        { match: ['.kept.test'], keep: ['User-Agent', 'Accept-Language'] },
      ],
    },
  }

  test.each([
    ['http://a.test/', 'site', 'headers strict, one browser for each site'],
    ['http://direct.test/', 'family', 'headers strict, one browser for each family of systems'],
    ['http://plain.test/', null, 'headers standard'],
    ['http://kept.test/', null, 'headers strict'],
    ['https://a.test/', null, 'headers untouched in a tunnel, strict for http:// there'],
    ['plain.test', null, 'headers untouched in a tunnel, standard for http:// there'],
    ['clear.test:443', null, 'headers untouched in a tunnel, off for http:// there'],
  ])('of %s', (target, browser, line) => {
    expect(report(target, settings).browser).toBe(browser)
    expect(egressLines(report(target, settings)).at(-1)).toBe(line)
  })
})
