import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { createFleet, workersOf } from '../../../src/cli/fleet.js'
import { mergeSettings } from '../../../src/config/settings.js'

const logger = { error() {}, warn() {}, info() {}, debug() {} }
const never = (): never => {
  throw new Error('nothing was started')
}

test('auto is a worker for each processor', () => {
  expect(workersOf(mergeSettings({ workers: 'auto' }))).toBe(availableParallelism())
  expect(workersOf(mergeSettings({ workers: 3 }))).toBe(3)
  expect(workersOf(mergeSettings())).toBe(1)
})

test('one worker is no fleet', async () => {
  expect(await createFleet(mergeSettings(), {}, logger, never)).toBeUndefined()
})
