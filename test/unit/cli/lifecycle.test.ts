import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Service, untilStopped } from '../../../src/cli/lifecycle.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** A service whose exchanges end when the test says so. */
function setUp(exchanges = 0) {
  const signals = new EventEmitter()
  const messages: string[] = []
  const log = (message: string): void => void messages.push(message)
  const closedWith: number[] = []
  let endExchanges = (): void => {}
  let remaining = exchanges
  const service = {
    drainMs: () => 30_000,
    openExchanges: () => remaining,
    close: vi.fn((drainMs: number) => {
      closedWith.push(drainMs)
      return new Promise<number>((resolve) => {
        const previous = endExchanges
        const end = (cut: number): void => {
          remaining = 0
          previous()
          resolve(cut)
        }
        endExchanges = () => end(0)
        setTimeout(() => end(remaining), drainMs)
      })
    }),
    reload: vi.fn(() => Promise.resolve()),
    reopenLogs: vi.fn(),
    flushLogs: vi.fn(),
  } satisfies Service
  const done = untilStopped(service, signals, { error: log, warn: log, info: log, debug: log })
  return { signals, messages, closedWith, service, done, endExchanges: () => endExchanges() }
}

describe('untilStopped', () => {
  test.each(['SIGTERM', 'SIGINT'])(
    '%s gives the exchanges 30 s, says how many there are and ends with the last',
    async (signal) => {
      const { signals, messages, closedWith, done, endExchanges } = setUp(3)
      signals.emit(signal, signal)
      await turnsOfTheLoop()
      expect(closedWith).toEqual([30_000])
      expect(messages).toEqual([expect.stringMatching(new RegExp(`^${signal}: .*3 exchanges left, with 30 s to end`))])
      endExchanges()
      await done
      expect(messages).toHaveLength(1)
      expect(signals.eventNames()).toEqual([])
    },
  )

  test('the end of the time is told with the number of exchanges that it cuts', async () => {
    const { signals, messages, done } = setUp(2)
    signals.emit('SIGTERM', 'SIGTERM')
    await turnsOfTheLoop()
    await vi.advanceTimersByTimeAsync(30_000)
    await done
    expect(messages.at(-1)).toMatch(/^2 exchanges did not end within 30 s/)
  })

  test('a second signal ends at once', async () => {
    const { signals, messages, closedWith, done } = setUp(1)
    signals.emit('SIGTERM', 'SIGTERM')
    signals.emit('SIGINT', 'SIGINT')
    expect(closedWith).toEqual([30_000, 0])
    await vi.advanceTimersByTimeAsync(0)
    await done
    expect(messages.at(-1)).toBe('SIGINT again: 1 exchange cut off')
  })

  test('SIGHUP reloads; those that come meanwhile become one more', async () => {
    const { signals, service, done, endExchanges } = setUp()
    let finish = (): void => {}
    service.reload.mockImplementationOnce(() => new Promise<void>((resolve) => (finish = resolve)))
    signals.emit('SIGHUP', 'SIGHUP')
    signals.emit('SIGHUP', 'SIGHUP')
    signals.emit('SIGHUP', 'SIGHUP')
    expect(service.reload).toHaveBeenCalledTimes(1)
    finish()
    await vi.advanceTimersByTimeAsync(0)
    expect(service.reload).toHaveBeenCalledTimes(2)
    signals.emit('SIGHUP', 'SIGHUP')
    expect(service.reload).toHaveBeenCalledTimes(3)
    signals.emit('SIGTERM', 'SIGTERM')
    endExchanges()
    await done
  })

  test('SIGUSR1 reopens the logs', async () => {
    const { signals, service, done, endExchanges } = setUp()
    signals.emit('SIGUSR1', 'SIGUSR1')
    expect(service.reopenLogs).toHaveBeenCalledTimes(1)
    signals.emit('SIGTERM', 'SIGTERM')
    endExchanges()
    await done
  })

  test('a close that fails is the failure of the whole', async () => {
    const { signals, service, done } = setUp()
    service.close.mockRejectedValueOnce(new Error('no'))
    signals.emit('SIGTERM', 'SIGTERM')
    await expect(done).rejects.toThrow('no')
  })
})

async function turnsOfTheLoop(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
}
