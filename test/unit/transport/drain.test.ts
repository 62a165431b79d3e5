import { describe, expect, test } from 'vitest'
import type { ClientConnection } from '../../../src/transport/client-connection.js'
import { drain } from '../../../src/transport/drain.js'

/** A connection that leaves the set a turn after it is closed, as sockets do. */
function connection(all: Set<ClientConnection>, isIdle: boolean) {
  const fake = {
    isIdle,
    closes: 0,
    close() {
      fake.closes++
      setImmediate(() => all.delete(fake as unknown as ClientConnection))
    },
  }
  all.add(fake as unknown as ClientConnection)
  return fake
}

describe('drain', () => {
  test('idle connections close at once and nothing is cut', async () => {
    const all = new Set<ClientConnection>()
    connection(all, true)
    expect(await drain(all, 5_000)).toBe(0)
    expect(all.size).toBe(0)
  })

  test('a busy connection ends by itself when it becomes idle', async () => {
    const all = new Set<ClientConnection>()
    const busy = connection(all, false)
    setTimeout(() => {
      busy.isIdle = true
    }, 30)
    expect(await drain(all, 5_000)).toBe(0)
    expect(busy.closes).toBeGreaterThan(0)
  })

  test('what is still busy when the time is up is cut and counted', async () => {
    const all = new Set<ClientConnection>()
    const busy = [connection(all, false), connection(all, false)]
    expect(await drain(all, 40)).toBe(2)
    expect(all.size).toBe(0)
    expect(busy.map(({ closes }) => closes)).toEqual([1, 1])
  })

  test('a drain of 0 ms waits for nobody', async () => {
    const all = new Set<ClientConnection>()
    connection(all, false)
    expect(await drain(all, 0)).toBe(1)
  })
})
