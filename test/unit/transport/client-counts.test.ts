import { expect, test } from 'vitest'
import { createClientCounts } from '../../../src/transport/client-counts.js'

test('a client has as many as the limit, and one more when one has left', () => {
  const counts = createClientCounts()
  expect([counts.enter('192.0.2.1', 2), counts.enter('192.0.2.1', 2), counts.enter('192.0.2.1', 2)]).toEqual([
    true,
    true,
    false,
  ])
  expect(counts.enter('192.0.2.2', 2)).toBe(true)
  expect(counts.total).toBe(3)
  counts.leave('192.0.2.1')
  expect(counts.enter('192.0.2.1', 2)).toBe(true)
  expect([counts.total, counts.entered]).toEqual([3, 4])
})

test('who has none can leave without harm', () => {
  const counts = createClientCounts()
  counts.leave('192.0.2.1')
  expect(counts.total).toBe(0)
})

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff::2', true],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ['2001:db8::1', '2001:db8:0:0:1::', true],
  ['::1', '::2', true],
  ['::1', '2001:db8::1', false],
  ['::ffff:192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
])('%s and %s are one subscriber: %s', (one, other, isSame) => {
  const counts = createClientCounts()
  counts.enter(one, 1)
  expect(counts.enter(other, 1)).toBe(!isSame)
})
