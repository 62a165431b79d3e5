import { describe, expect, test } from 'vitest'
import { mergeSettings } from '../../../src/config/settings.js'
import {
  type IdentityPlace,
  identityPlaces,
  judgeIdentities,
  type Shown,
  untestedIdentities,
  visitsOf,
} from '../../../src/leaktest/identities.js'
import { waysOf } from '../../../src/leaktest/ways.js'

const config = mergeSettings({
  upstreams: {
    a: { hops: ['http://a.example:1', 'socks5h://b.example:1'], tor: false, isolate: 'site' },
    b: { hops: ['socks5h://c.example:1'], tor: false, isolate: 'client' },
    both: { group: 'round-robin', members: ['a', 'b'], by: 'client', lifetimeMs: 1 },
    plain: { hops: ['socks5h://d.example:1'], tor: false },
  },
  route: [
    { match: ['.one.example'], via: 'a', anonymous: false },
    { match: ['plain.test'], via: 'plain', anonymous: false },
    { match: ['direct.test'], via: 'direct', anonymous: false, isolate: 'client' },
    { match: ['*'], via: 'both', anonymous: false },
  ],
  egress: { addresses: ['192.0.2.0/24'] },
})
const ways = waysOf(config)

test('identities are shown to the last hop of each upstream that isolates, and to the origin', () => {
  expect(ways.map((way) => identityPlaces(config, way))).toEqual([
    [
      { where: 'a hop 2', isolation: 'site', isUnique: true },
      { where: 'origin', isolation: 'site', isUnique: false },
    ],
    [],
    [{ where: 'origin', isolation: 'client', isUnique: false }],
    [
      { where: 'a hop 2', isolation: 'site', isUnique: true },
      { where: 'b hop 1', isolation: 'client', isUnique: true },
      { where: 'origin', isolation: 'site', isUnique: false },
    ],
  ])
})

test('visits are those of two sites, two hosts of one and two clients, each as often as there are members', () => {
  const [, , , all] = ways
  if (all === undefined) throw new Error('no way')
  const visits = visitsOf(config, all)
  expect([...new Set(visits.map(({ host, client }) => `${host} ${client}`))]).toEqual([
    'www.leaktest-site.example 127.0.0.1',
    'cdn.leaktest-site.example 127.0.0.1',
    'www.leaktest-reader.example 127.0.0.1',
    'www.leaktest-site.example 127.0.0.2',
  ])
  expect(visits).toHaveLength(10)
  expect(untestedIdentities(visits, identityPlaces(config, all))).toEqual([])
})

test('where one site alone takes the way, that is told where sites are kept apart', () => {
  const [one] = ways
  if (one === undefined) throw new Error('no way')
  const visits = visitsOf(config, one)
  expect(untestedIdentities(visits, identityPlaces(config, one))).toHaveLength(1)
  expect(untestedIdentities(visits, [{ where: 'x', isolation: 'client', isUnique: true }])).toEqual([])
})

describe('judgeIdentities', () => {
  const bySite: IdentityPlace = { where: 'up hop 1', isolation: 'site', isUnique: true }
  const shown = (host: string, mark: string | undefined): Shown => ({
    visit: { host, client: '127.0.0.1' },
    marks: { 'up hop 1': mark },
  })
  const leaks = (all: readonly Shown[], place = bySite) =>
    judgeIdentities(all, [place]).flatMap(({ arrived, what }) => (arrived ? [what] : []))

  test.each<[what: string, all: readonly Shown[], expected: readonly string[]]>([
    ['apart and as one', [shown('a.one.test', '1'), shown('b.one.test', '1'), shown('two.test', '2')], []],
    [
      'two sites as one',
      [shown('one.test', '1'), shown('two.test', '1')],
      ['one.test from 127.0.0.1 and two.test from 127.0.0.1 are one'],
    ],
    [
      'one without a login, as another',
      [shown('one.test', ''), shown('two.test', '')],
      ['one.test from 127.0.0.1 and two.test from 127.0.0.1 are one'],
    ],
    [
      'a site as two',
      [shown('a.one.test', '1'), shown('b.one.test', '2')],
      ['a.one.test from 127.0.0.1 has two identities'],
    ],
    ['what did not come by', [shown('one.test', undefined), shown('two.test', undefined)], []],
  ])('%s', (_what, all, expected) => {
    expect(leaks(all)).toEqual(expected)
  })

  test('two may show the same by chance where few can be told apart, and one may not show two', () => {
    const place = { ...bySite, isUnique: false }
    expect(leaks([shown('one.test', '1'), shown('two.test', '1')], place)).toEqual([])
    expect(leaks([shown('one.test', '1'), shown('one.test', '2')], place)).toHaveLength(1)
  })
})
