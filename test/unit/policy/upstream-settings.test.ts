import { expect, test } from 'vitest'
import { isGroup, isUpstreamName } from '../../../src/policy/upstream-settings.js'

test('names are short words that need no quotes anywhere', () => {
  expect(['tor', 'A-1_b', '9', 'x'.repeat(64)].every(isUpstreamName)).toBe(true)
  expect(['', '-a', 'a.b', 'a b', '--upstream', 'x'.repeat(65), 'ä'].some(isUpstreamName)).toBe(false)
})

test('a group is told from a proxy', () => {
  expect(isGroup({ group: 'first', members: ['a'], by: 'client', lifetimeMs: 1 })).toBe(true)
  expect(isGroup({ hops: ['http://a.test'], tor: false })).toBe(false)
})
