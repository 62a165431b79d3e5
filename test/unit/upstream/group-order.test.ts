import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GroupSettings, GroupStrategy } from '../../../src/policy/upstream-settings.js'
import type { DialRequest } from '../../../src/upstream/dial.js'
import { type GroupPlace, orderOf, type Place } from '../../../src/upstream/group-order.js'
import { standInMember } from '../../helpers/stand-in-members.js'

function group(strategy: GroupStrategy, places: readonly Place[], more: Partial<GroupSettings> = {}): GroupPlace {
  const settings = { group: strategy, members: [], by: 'client', lifetimeMs: 60_000, ...more } as const
  return { name: 'g', settings, places, turn: { next: 0 } }
}

function members(...names: string[]) {
  return names.map((name) => standInMember(name))
}

const placesOf = (list: ReturnType<typeof members>): readonly Place[] => list.map((member) => ({ member }))

function names(place: Place, request: Partial<DialRequest> = {}, sources: Partial<Parameters<typeof orderOf>[2]> = {}) {
  const asked: DialRequest = { host: 'www.a.test', port: 443, family: 0, ...request }
  const all = { chance: () => 0, wallClock: () => 0, secret: Buffer.from('s'), ...sources }
  return orderOf(place, asked, all)
    .map(({ state }) => state.name)
    .join('')
}

test('first: as they are written', () => {
  expect(names(group('first', placesOf(members('a', 'b', 'c'))))).toBe('abc')
})

test('round-robin: each begins where the one before did not', () => {
  const place = group('round-robin', placesOf(members('a', 'b', 'c')))
  expect(Array.from({ length: 4 }, () => names(place))).toEqual(['abc', 'bca', 'cab', 'abc'])
})

test('random: by chance alone', () => {
  const place = group('random', placesOf(members('a', 'b', 'c')))
  expect(names(place, {}, { chance: () => 0 })).toBe('bca')
  expect(names(place, {}, { chance: () => 0.999 })).toBe('abc')
})

test('least-connections: nested groups count together', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => standInMember(name)) as [never, never, never, never]
  const list = [a, b, c, d] as unknown as ReturnType<typeof members>
  for (const [i, connections] of [3, 1, 1, 0].entries()) if (list[i]) list[i].state.connections = connections
  const inner = group('first', placesOf(list.slice(1, 3)))
  expect(names(group('least-connections', [{ member: a }, inner, { member: d }]))).toBe('dbca')
})

test('fastest: the unmeasured first, then by time; equals do not take turns', () => {
  const list = members('a', 'b', 'c')
  const place = group('fastest', placesOf(list))
  const measured = (...latencies: number[]) => {
    for (const [i, member] of list.entries()) member.state.latencyMs = latencies[i] ?? 0
    return names(place)
  }
  expect(measured(0, 0, 0)).toBe('abc')
  expect(measured(10, 0, 20)).toBe('bac')
  expect(measured(30, 10, 20)).toBe('bca')
  expect(measured(11, 10, 20)).toBe('abc')
})

describe('sticky', () => {
  const place = group('sticky', placesOf(members('a', 'b', 'c', 'd')))
  const client = (ip: string, user: string | null = null) => ({ client: { ip, user } })

  test('a client keeps its order, whatever it asks for', () => {
    for (const ip of ['192.0.2.1', '192.0.2.2', '2001:db8::1']) {
      expect(names(place, { ...client(ip), host: 'x.test' })).toBe(names(place, { ...client(ip), host: 'y.test' }))
    }
  })

  test('clients are spread over the members', () => {
    const firsts = Array.from({ length: 400 }, (_, i) => names(place, client(`192.0.2.${i}`))[0])
    for (const name of 'abcd') expect(firsts.filter((first) => first === name).length).toBeGreaterThan(50)
  })

  test('by user: its name, and its address where it has none', () => {
    const byUser = { ...place, settings: { ...place.settings, by: 'user' as const } }
    expect(names(byUser, client('192.0.2.1', 'ann'))).toBe(names(byUser, client('192.0.2.9', 'ann')))
    const orders = new Set(Array.from({ length: 20 }, (_, i) => names(byUser, client(`192.0.2.${i}`))))
    expect(orders.size).toBeGreaterThan(1)
  })

  test('by site: the registrable domain of the target', () => {
    const bySite = { ...place, settings: { ...place.settings, by: 'site' as const } }
    expect(names(bySite, { ...client('1'), host: 'www.a.co.uk' })).toBe(
      names(bySite, { ...client('2'), host: 'a.co.uk' }),
    )
    const orders = new Set(Array.from({ length: 20 }, (_, i) => names(bySite, { host: `a${i}.co.uk` })))
    expect(orders.size).toBeGreaterThan(1)
  })

  test('when its lifetime is over a client may get another member', () => {
    const at = (ms: number) => names(place, client('192.0.2.1'), { wallClock: () => ms })
    const orders = Array.from({ length: 30 }, (_, i) => at(i * 60_000))
    expect(new Set(orders).size).toBeGreaterThan(1)
    // within it there is one change at most, and its time is the client's own
    const within = Array.from({ length: 60 }, (_, i) => at(i * 1_000))
    expect(within.filter((order, i) => i > 0 && order !== within[i - 1]).length).toBeLessThanOrEqual(1)
  })

  test('nobody can tell the order without the secret', () => {
    const orders = new Set(
      Array.from({ length: 20 }, (_, i) => names(place, client('192.0.2.1'), { secret: Buffer.from(String(i)) })),
    )
    expect(orders.size).toBeGreaterThan(1)
  })
})

test('invariant: every strategy tries every upstream, each once', () => {
  const strategy = fc.constantFrom<GroupStrategy>(
    'first',
    'round-robin',
    'random',
    'least-connections',
    'fastest',
    'sticky',
  )
  fc.assert(
    fc.property(
      strategy,
      strategy,
      fc.array(fc.nat(100), { minLength: 4, maxLength: 4 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      (outer, inner, numbers, chance) => {
        const list = members('a', 'b', 'c', 'd')
        for (const [i, { state }] of list.entries()) {
          state.connections = numbers[i] ?? 0
          state.latencyMs = numbers[3 - i] ?? 0
        }
        const nested = group(inner, placesOf(list.slice(2)))
        const order = names(group(outer, [...placesOf(list.slice(0, 2)), nested]), {}, { chance: () => chance })
        expect([...order].sort().join('')).toBe('abcd')
      },
    ),
  )
})
