import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createLineBatch } from '../../../src/observe/line-batch.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function gathering() {
  const delivered: string[] = []
  return { delivered, batch: createLineBatch((lines) => delivered.push(lines)) }
}

describe('line batch', () => {
  test('hands on in one piece what came within 20 ms, and later what came later', () => {
    const { delivered, batch } = gathering()
    batch.add('a')
    vi.advanceTimersByTime(10)
    batch.add('b')
    expect(delivered).toEqual([])
    vi.advanceTimersByTime(10)
    expect(delivered).toEqual(['a\nb'])
    batch.add('c')
    vi.advanceTimersByTime(20)
    expect(delivered).toEqual(['a\nb', 'c'])
  })

  test('waits no longer once 64 KiB have gathered', () => {
    const { delivered, batch } = gathering()
    const line = 'x'.repeat(1_000)
    for (let i = 0; i < 66; i++) batch.add(line)
    expect(delivered.map(({ length }) => length)).toEqual([66 * 1_001 - 1])
  })

  test('flush hands on at once, and nothing where nothing has gathered', () => {
    const { delivered, batch } = gathering()
    batch.flush()
    batch.add('a')
    batch.flush()
    batch.flush()
    vi.advanceTimersByTime(1_000)
    expect(delivered).toEqual(['a'])
  })

  test('an empty line is a line', () => {
    const { delivered, batch } = gathering()
    batch.add('a')
    batch.add('')
    batch.flush()
    expect(delivered).toEqual(['a\n'])
  })
})
