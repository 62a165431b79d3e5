import { describe, expect, test } from 'vitest'
import { createRestartPolicy } from '../../../src/workers/restart-policy.js'

const deathsOf = (...livedMs: number[]): readonly (number | undefined)[] => {
  const policy = createRestartPolicy()
  return livedMs.map((ms) => policy.died(ms))
}

describe('restart policy', () => {
  test('a worker that lived is started again at once, however often', () => {
    expect(deathsOf(60_000, 60_000, 10_000, 60_000, 60_000, 60_000)).toEqual([0, 0, 0, 0, 0, 0])
  })

  test('quick deaths in a row wait longer each time, and the fifth is the last', () => {
    expect(deathsOf(50, 50, 50, 50, 50)).toEqual([0, 100, 200, 400, undefined])
  })

  test('one that lived in between breaks the row', () => {
    expect(deathsOf(50, 50, 50, 20_000, 50, 50)).toEqual([0, 100, 200, 0, 0, 100])
  })

  test('a change makes earlier deaths forgotten', () => {
    const policy = createRestartPolicy()
    for (let i = 0; i < 5; i++) policy.died(1)
    policy.forget()
    expect(policy.died(1)).toBe(0)
  })
})
