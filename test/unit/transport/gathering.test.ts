import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createGathering } from '../../../src/transport/gathering.js'
import { READ_BYTES } from '../../../src/upstream/recycled.js'

const PORTION = 16_384
/** What PORTION twice a ms brings is 32 MiB a second. */
const TWICE = [PORTION, PORTION]

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function setUp() {
  const from = { destroyed: false, resume: vi.fn() }
  const to = { writableNeedDrain: false }
  const state = { answered: 0 }
  const gathering = createGathering(() => Date.now())
  const half = gathering.open(from as unknown as Socket, to as unknown as Socket, () => state.answered)

  /** Reads of these lengths each ms. @returns how many of them were to be paused after */
  function receive(ms: number, lengths: readonly number[]): number {
    let pauses = 0
    for (let passed = 0; passed < ms; passed++) {
      vi.advanceTimersByTime(1)
      for (const length of lengths) if (half.note(length)) pauses++
    }
    return pauses
  }
  return { from, to, state, receive }
}

describe('a half of a tunnel', () => {
  test('that brings much in small portions is paused after each from 32 ms on, and resumed each 4 ms', () => {
    const { from, receive } = setUp()
    expect(receive(31, TWICE)).toBe(0)
    expect(receive(9, TWICE)).toBe(18)
    expect(from.resume).toHaveBeenCalledTimes(2)
  })

  test('is not paused after a full read, which leaves more', () => {
    const { receive } = setUp()
    receive(40, TWICE)
    expect(receive(1, [READ_BYTES, PORTION])).toBe(1)
  })

  test.each([
    ['slow', [8_192]],
    ['well filled', [READ_BYTES / 2, READ_BYTES / 2]],
  ])('whose reads are %s is left alone', (_how, lengths) => {
    const { receive } = setUp()
    expect(receive(400, lengths)).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('that is answered is left alone: its sender may wait for that', () => {
    const { state, receive } = setUp()
    let pauses = 0
    for (let answers = 0; answers < 20; answers++) {
      state.answered++
      pauses += receive(20, TWICE)
    }
    expect(pauses).toBe(0)
  })

  test('is left alone again as soon as it is answered', () => {
    const { from, state, receive } = setUp()
    receive(40, TWICE)
    from.resume.mockClear()
    state.answered = 1
    vi.advanceTimersByTime(4)
    expect(from.resume).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
    expect(receive(31, TWICE)).toBe(0)
  })

  test('that has kept its pace is left alone again when less than half of it is left', () => {
    const { receive } = setUp()
    receive(200, TWICE)
    expect(receive(200, [PORTION])).toBe(200)
    expect(receive(256, [4_096])).toBeLessThan(256)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('that loses a quarter of its pace at once is left alone, for twice as long each time', () => {
    const { receive } = setUp()
    const times: number[] = []
    while (times.length < 3) {
      let alone = 0
      while (receive(1, TWICE) === 0) alone++
      times.push(alone)
      while (receive(1, [PORTION, PORTION / 4]) > 0);
    }
    expect(times).toEqual([31, 127, 255])
  })

  test('is not resumed while the other one is full: who is full has it resumed', () => {
    const { from, to, receive } = setUp()
    receive(40, TWICE)
    from.resume.mockClear()
    to.writableNeedDrain = true
    vi.advanceTimersByTime(12)
    expect(from.resume).not.toHaveBeenCalled()
  })

  test('is forgotten when it is closed', () => {
    const { from, receive } = setUp()
    receive(40, TWICE)
    from.destroyed = true
    vi.advanceTimersByTime(4)
    expect(vi.getTimerCount()).toBe(0)
  })
})
