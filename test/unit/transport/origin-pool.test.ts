import { describe, expect, test, vi } from 'vitest'
import type { OriginConnection } from '../../../src/transport/origin-connection.js'
import { createOriginPool } from '../../../src/transport/origin-pool.js'

function connection(key: string): OriginConnection {
  return { key, close: vi.fn<() => void>() } as unknown as OriginConnection
}

describe('origin pool', () => {
  test('the connection used last is taken first, and only for its own origin', () => {
    const pool = createOriginPool()
    const [first, second, other] = [connection('a:80'), connection('a:80'), connection('b:80')]
    for (const one of [first, second, other]) pool.put(one)
    expect(pool.take('a:80')).toBe(second)
    expect(pool.take('a:80')).toBe(first)
    expect(pool.take('a:80')).toBeUndefined()
    expect(pool.size).toBe(1)
  })

  test('a connection that closed while it waited is not given out', () => {
    const pool = createOriginPool()
    const [first, second] = [connection('a:80'), connection('a:80')]
    pool.put(first)
    pool.put(second)
    pool.remove(second)
    pool.remove(second)
    pool.remove(connection('a:80'))
    expect(pool.take('a:80')).toBe(first)
    expect(pool.size).toBe(0)
  })

  test('an origin keeps 64 and all origins 2,048; what is more is closed', () => {
    const pool = createOriginPool()
    for (let i = 0; i < 64; i++) pool.put(connection('a:80'))
    const surplus = connection('a:80')
    pool.put(surplus)
    expect(surplus.close).toHaveBeenCalledTimes(1)
    for (let i = 0; i < 2_048 - 64; i++) pool.put(connection(`${i}:80`))
    const beyond = connection('z:80')
    pool.put(beyond)
    expect(beyond.close).toHaveBeenCalledTimes(1)
    expect(pool.size).toBe(2_048)
  })

  test('clearing closes every connection once and leaves none', () => {
    const pool = createOriginPool()
    const all = ['a:80', 'a:80', 'b:80'].map(connection)
    for (const one of all) pool.put(one)
    pool.clear()
    for (const { close } of all) expect(close).toHaveBeenCalledTimes(1)
    expect(pool.size).toBe(0)
    expect(pool.take('a:80')).toBeUndefined()
  })
})
