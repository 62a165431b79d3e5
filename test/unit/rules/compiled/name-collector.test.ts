import { describe, expect, test } from 'vitest'
import { createNameCollector } from '../../../../src/rules/compiled/name-collector.js'

const key = { k0: 11, k1: 22 }

describe('collected names', () => {
  test('come out in the order of their prints, however they were given', () => {
    const collector = createNameCollector(key)
    const bytes = new TextEncoder().encode('xx b.example yy')
    collector.add('a.example', 1, 10)
    collector.addBytes(bytes, 3, 12, 2, 20)
    const { high, low, line, form } = collector.sorted()
    expect(collector.size).toBe(2)
    expect(high[0]).toBeLessThan(high[1] ?? 0)
    expect([...line].toSorted()).toEqual([1, 2])
    expect([...form].toSorted()).toEqual([10, 20])

    const again = createNameCollector(key)
    again.addPrinted(high[1] ?? 0, low[1] ?? 0, line[1] ?? 0, form[1] ?? 0)
    again.add(line[0] === 1 ? 'a.example' : 'b.example', line[0] ?? 0, form[0] ?? 0)
    expect(again.sorted()).toEqual({ high, low, line, form })
  })

  test.each([0, 3, 100])('leave room before them where it is asked for: %i', (room) => {
    const collector = createNameCollector(key)
    collector.expect(1, room)
    for (let i = 0; i < 40; i++) collector.add(`n${i}.example`, i, 0)
    const columns = collector.sortedBehind(5)
    expect(columns.high).toHaveLength(45)
    expect([...columns.line.subarray(5)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i))
    expect(columns.high.subarray(5).every((high, i, all) => i === 0 || (all[i - 1] ?? 0) <= high)).toBe(true)
  })
})
