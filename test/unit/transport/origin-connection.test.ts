import { describe, expect, test, vi } from 'vitest'
import { END, HEAD } from '../../../src/http/message-reader.js'
import { createResponseHead } from '../../../src/http/response-head.js'
import { createDeadlines } from '../../../src/transport/deadlines.js'
import { OriginConnection, type OriginUser } from '../../../src/transport/origin-connection.js'
import { createOriginPool, IDLE_MS, LIFETIME_MS } from '../../../src/transport/origin-pool.js'
import { LIMITS, policyOf } from '../../helpers/exchanges.js'
import { socketPair } from '../../helpers/socket-pair.js'
import { waitFor } from '../../helpers/wait-for.js'

const policy = policyOf()

function user(method = 'GET') {
  return {
    method,
    policy,
    headers: policy.headers,
    onOriginData: vi.fn<() => void>(),
    onOriginEnd: vi.fn<() => void>(),
    onOriginDrain: vi.fn<() => void>(),
    onOriginClose: vi.fn<(error: Error | undefined) => void>(),
  } satisfies OriginUser
}

async function connection(first: OriginUser) {
  const [socket, origin] = await socketPair()
  let clock = 1_000
  const deadlines = createDeadlines(5, () => clock)
  const pool = createOriginPool()
  const responseHead = createResponseHead(LIMITS)
  const timing = { ip: '127.0.0.1', cnames: [], dnsMs: null, connectMs: 1 }
  const shared = { responseHead, limits: LIMITS, deadlines, pool }
  const options = { key: 'a:80', timing, socket, user: first, ...shared }
  const pass = (ms: number) => {
    clock += ms
  }
  return { connection: new OriginConnection(options), origin, socket, deadlines, pool, pass }
}

describe('origin connection', () => {
  test('its user hears of what arrives and reads it by the method it asked with', async () => {
    const first = user('HEAD')
    const { connection: origin, origin: far } = await connection(first)
    far.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n')
    await waitFor(() => expect(first.onOriginData).toHaveBeenCalled())
    expect([origin.reader.next(), origin.reader.next()]).toEqual([HEAD, END])
  })

  test('released it waits in the pool, taken again it belongs to the next user', async () => {
    const [first, second] = [user(), user()]
    const { connection: origin, origin: far, pool, deadlines } = await connection(first)
    origin.release()
    expect([pool.size, deadlines.size, origin.deadline]).toEqual([1, 1, 1_000 + IDLE_MS])
    expect(pool.take('a:80')).toBe(origin)
    origin.assign(second)
    expect([deadlines.size, origin.uses]).toEqual([0, 2])
    far.write('HTTP/1.1 200 OK\r\n')
    await waitFor(() => expect(second.onOriginData).toHaveBeenCalled())
    expect(first.onOriginData).not.toHaveBeenCalled()
  })

  test.each([
    ['sends something unasked', (far: { write(text: string): unknown }) => far.write('HTTP/1.1 408 Timeout\r\n\r\n')],
    ['ends', (far: { end(): unknown }) => far.end()],
    ['breaks', (far: { resetAndDestroy(): unknown }) => far.resetAndDestroy()],
  ])('a waiting connection whose origin %s leaves the pool', async (_what, act) => {
    const { connection: origin, origin: far, pool, deadlines, socket } = await connection(user())
    origin.release()
    act(far)
    await waitFor(() => expect(pool.size).toBe(0))
    expect(socket.destroyed).toBe(true)
    expect(deadlines.size).toBe(0)
  })

  test('one that is too old is not kept, one that waited too long is closed', async () => {
    const old = await connection(user())
    old.pass(LIFETIME_MS + 1)
    old.deadlines.add({ deadline: 0, expire: () => {} })
    old.connection.release()
    expect([old.pool.size, old.socket.destroyed]).toEqual([0, true])

    const waiting = await connection(user())
    waiting.connection.release()
    waiting.pass(IDLE_MS)
    await waitFor(() => expect(waiting.socket.destroyed).toBe(true))
    expect(waiting.pool.size).toBe(0)
  })

  test('its user hears why it broke, and nothing of a close of our own', async () => {
    const first = user()
    const broken = await connection(first)
    broken.origin.resetAndDestroy()
    await waitFor(() => expect(first.onOriginClose).toHaveBeenCalledTimes(1))
    expect(first.onOriginClose.mock.calls[0]?.[0]).toMatchObject({ code: 'ECONNRESET' })

    const second = user()
    const closed = await connection(second)
    closed.connection.close()
    await waitFor(() => expect(closed.socket.closed).toBe(true))
    expect(second.onOriginClose).not.toHaveBeenCalled()
  })

  test('a detached socket has no listener left', async () => {
    const { connection: origin, socket } = await connection(user())
    expect(origin.detach()).toBe(socket)
    for (const event of ['data', 'drain', 'error', 'close']) expect(socket.listenerCount(event)).toBe(0)
  })
})
