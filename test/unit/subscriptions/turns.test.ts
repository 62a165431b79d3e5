import { expect, test } from 'vitest'
import { createTurns } from '../../../src/subscriptions/turns.js'

test('tasks run one after the other, in the order in which they came, whatever becomes of those before', async () => {
  const turns = createTurns()
  const log: string[] = []
  const task = (name: string, fails = false) =>
    turns.take(async () => {
      log.push(`${name} starts`)
      await new Promise(setImmediate)
      log.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    })
  const a = task('a')
  const b = task('b', true)
  const c = task('c')
  expect(await a).toBe('a')
  await expect(b).rejects.toThrow('b')
  expect(await c).toBe('c')
  expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends'])
})
