import { expect, test } from 'vitest'
import { EdgeSockets } from '../../../src/transport/edge-sockets.js'

/** The same place in the table, another socket. */
const LATER = 1 << 20

test('finds a socket until it is taken, and no other that has or had its place', () => {
  const sockets = new EdgeSockets<{ readonly id: number }>()
  const [first, second] = [{ id: 5 }, { id: 5 + LATER }]
  sockets.put(first)
  expect([sockets.find(5), sockets.find(5 + LATER), sockets.find(6)]).toEqual([first, undefined, undefined])
  sockets.put(second)
  expect([sockets.take(5), sockets.find(5 + LATER)]).toEqual([undefined, second])
  expect([sockets.take(5 + LATER), sockets.take(5 + LATER)]).toEqual([second, undefined])
})
