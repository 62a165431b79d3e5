import { expect, test } from 'vitest'
import type { OpenConnection } from '../../../src/transport/drain.js'
import { drain, tookIn } from '../../../src/transport/drain.js'

/** As much of a connection as a drain knows; closing takes it out of the set. */
function connectionsOf(...idle: boolean[]) {
  const connections = new Set<OpenConnection>()
  const all = idle.map((isIdle) => {
    const connection = { isIdle, closed: 0, close: () => {} }
    connection.close = () => {
      connection.closed++
      connections.delete(connection)
    }
    connections.add(connection)
    return connection
  })
  return { connections, all }
}

test('closes idle ones at once', async () => {
  const { connections, all } = connectionsOf(true, true)
  const drained = drain(connections, 60_000)
  expect(all.map(({ closed }) => closed)).toEqual([1, 1])
  expect(await drained).toBe(0)
})

test('closes one that gets idle while it waits', async () => {
  const { connections, all } = connectionsOf(false)
  const drained = drain(connections, 60_000)
  const [busy] = all
  if (busy !== undefined) busy.isIdle = true
  expect(await drained).toBe(0)
  expect(busy?.closed).toBe(1)
})

test('cuts what is left when the time is up, and counts it', async () => {
  const { connections, all } = connectionsOf(false, false, true)
  expect(await drain(connections, 50)).toBe(2)
  expect(all.map(({ closed }) => closed)).toEqual([1, 1, 1])
})

test('cuts at once without a time', async () => {
  const { connections } = connectionsOf(false)
  expect(await drain(connections, 0)).toBe(1)
})

test('takes in who waits, one a turn, until a turn brings nobody', async () => {
  let turns = 0
  await tookIn(() => Math.min(turns++, 9))
  expect(turns).toBeGreaterThan(9)
  expect(turns).toBeLessThan(30)
})

test('a flood of clients does not put off the end', async () => {
  let entered = 0
  await tookIn(() => entered++)
  expect(entered).toBeGreaterThan(500)
})
