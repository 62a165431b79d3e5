import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHealth, type Health } from '../../../src/upstream/health.js'

function watched() {
  const changes: string[] = []
  const health: Health = createHealth((isUp, { lastError }) => changes.push(isUp ? 'up' : `down: ${lastError}`))
  return { health, changes }
}

test('is up until something fails, and says once that it is not', () => {
  const { health, changes } = watched()
  expect(health.mayTake(0)).toBe(true)
  health.fail(0, 10, 'quick', 'refused')
  health.fail(11, 12, 'quick', 'refused again')
  expect([health.status, health.failures, health.lastError]).toEqual(['down', 2, 'refused again'])
  expect(health.mayTake(13)).toBe(false)
  expect(changes).toEqual(['down: refused'])
})

test('waits a second, then twice as long each time, up to a minute', () => {
  const { health } = watched()
  const waits = Array.from({ length: 9 }, (_, i) => {
    const now = i * 100_000
    health.fail(now, now, 'quick', '')
    return health.retryAt - now
  })
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
})

test('then one attempt tries it, and the others do without until that one has succeeded', () => {
  const { health, changes } = watched()
  health.fail(0, 0, 'slow', 'silent')
  expect(health.mayTake(999)).toBe(false)
  expect(health.mayTake(1_000)).toBe(true)
  health.begin(1_000)
  expect([health.status, health.mayTake(1_000)]).toEqual(['trial', false])
  health.succeed()
  expect([health.status, health.failures, health.retryAt, health.lastError]).toEqual(['up', 0, 0, ''])
  expect(changes).toEqual(['down: silent', 'up'])
})

test('a trial that fails is a failure more, one that is given up leaves the place free', () => {
  const { health } = watched()
  health.fail(0, 0, 'quick', '')
  health.begin(1_000)
  health.fail(1_000, 1_100, 'quick', '')
  expect([health.status, health.retryAt]).toEqual(['down', 3_100])
  health.begin(4_000)
  health.giveUp()
  expect([health.status, health.mayTake(4_000)]).toEqual(['down', true])
})

test('attempts that began before it was found down say nothing new', () => {
  const { health } = watched()
  health.fail(5, 10, 'quick', 'first')
  for (let i = 0; i < 50; i++) health.fail(i % 10, 20, 'quick', 'late')
  expect([health.failures, health.lastError]).toEqual([1, 'first'])
})

test('only what fails at once is asked when nobody else is left', () => {
  const { health } = watched()
  health.fail(0, 0, 'quick', '')
  expect(health.mayTryAnyway()).toBe(true)
  health.fail(1, 1, 'slow', '')
  expect(health.mayTryAnyway()).toBe(false)
})

test('an invitation brings the trial forward, but not of one that never answers', () => {
  const { health } = watched()
  health.invite(0)
  expect(health.status).toBe('up')
  health.fail(0, 0, 'quick', '')
  health.invite(10)
  expect(health.mayTake(10)).toBe(true)
  health.fail(11, 11, 'slow', '')
  health.invite(12)
  expect(health.mayTake(12)).toBe(false)
})

test('invariant: whatever happens in whatever order, one success makes it up, and changes alternate', () => {
  const step = fc.constantFrom('begin', 'succeed', 'quick', 'slow', 'giveUp', 'invite')
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.nat(5_000))), (steps) => {
      const { health, changes } = watched()
      let now = 0
      for (const [what, passed] of steps) {
        now += passed
        if (what === 'begin') health.begin(now)
        else if (what === 'succeed') health.succeed()
        else if (what === 'giveUp') health.giveUp()
        else if (what === 'invite') health.invite(now)
        else health.fail(now, now, what === 'quick' ? 'quick' : 'slow', 'x')
        if (health.status === 'up') expect(health.failures).toBe(0)
        else expect(health.failures).toBeGreaterThan(0)
      }
      expect(changes.every((change, i) => (change === 'up') === (i % 2 === 1))).toBe(true)
      health.succeed()
      expect(health.status).toBe('up')
    }),
  )
})
