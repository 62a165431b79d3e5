import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createLossReport } from '../../../src/observe/loss-report.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function reporting() {
  const told: string[] = []
  return { told, report: createLossReport((message) => told.push(message)) }
}

const FIRST = 'the access log loses lines: disk full; exchanges go on unlogged until that ends'

describe('loss report', () => {
  test('tells the first loss at once, and once a minute how many there were', () => {
    const { told, report } = reporting()
    report.lost(1, 'disk full')
    report.lost(4, 'disk full')
    expect(told).toEqual([FIRST])
    vi.advanceTimersByTime(60_000)
    expect(told).toEqual([FIRST, 'the access log lost 5 lines, 5 since the start'])
    report.lost(1, 'disk full')
    vi.advanceTimersByTime(60_000)
    expect(told.slice(2)).toEqual(['the access log lost 1 line, 6 since the start'])
    expect(report.total).toBe(6)
  })

  test('after a minute without a loss the next one is a first one again', () => {
    const { told, report } = reporting()
    report.lost(2, 'disk full')
    vi.advanceTimersByTime(120_000)
    report.lost(3, 'disk full')
    expect(told).toEqual([FIRST, 'the access log lost 2 lines, 2 since the start', FIRST])
  })

  test('at the end tells what was not told, and nothing where nothing was lost', () => {
    const { told, report } = reporting()
    report.close()
    expect(told).toEqual([])
    report.lost(7, 'disk full')
    report.close()
    expect(told).toEqual([FIRST, 'the access log lost 7 lines, 7 since the start'])
  })
})
