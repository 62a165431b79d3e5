import { expect, test, vi } from 'vitest'
import { createReloader } from '../../../src/cli/reloader.js'
import { waitFor } from '../../helpers/wait-for.js'

/** Reloads that end when the test says so. */
function setUp() {
  const ends: { resolve(value: number): void; reject(error: Error): void }[] = []
  const run = vi.fn(() => new Promise<number>((resolve, reject) => void ends.push({ resolve, reject })))
  return { run, ends, reload: createReloader(run) }
}

test('those who ask while one goes on share the next, which reads what they mean', async () => {
  const { run, ends, reload } = setUp()
  const first = reload()
  const [second, third] = [reload(), reload()]
  expect(run).toHaveBeenCalledTimes(1)
  ends[0]?.resolve(1)
  expect(await first).toBe(1)
  await waitFor(() => expect(run).toHaveBeenCalledTimes(2))
  ends[1]?.resolve(2)
  expect([await second, await third]).toEqual([2, 2])
  expect(run).toHaveBeenCalledTimes(2)
})

test('one that fails is told to who asked for it, and the next one goes on', async () => {
  const { run, ends, reload } = setUp()
  const first = reload()
  const second = reload()
  ends[0]?.reject(new Error('wrong'))
  await expect(first).rejects.toThrow('wrong')
  await waitFor(() => expect(run).toHaveBeenCalledTimes(2))
  ends[1]?.resolve(2)
  expect(await second).toBe(2)
  const third = reload()
  ends[2]?.resolve(3)
  expect(await third).toBe(3)
})

test('who asks between the end of one and the start of the next shares it', async () => {
  const { run, ends, reload } = setUp()
  void reload()
  const second = reload()
  ends[0]?.resolve(1)
  await Promise.resolve()
  const third = reload()
  await waitFor(() => expect(run).toHaveBeenCalledTimes(2))
  ends[1]?.resolve(2)
  expect([await second, await third]).toEqual([2, 2])
})
