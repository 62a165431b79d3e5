import { expect, test } from 'vitest'
import { createUpstreamStates } from '../../../src/upstream/upstream-states.js'

const SETTINGS = { hops: ['http://a.test'], tor: false }

test('what is known of an upstream lives on while its settings are the same', () => {
  const states = createUpstreamStates(() => {})
  const state = states.stateOf('a', SETTINGS)
  expect(states.stateOf('a', { ...SETTINGS })).toBe(state)
  expect(states.stateOf('b', SETTINGS)).not.toBe(state)
  expect(states.stateOf('a', { ...SETTINGS, hops: ['http://b.test'] })).not.toBe(state)
})

test('turns go on through reloads', () => {
  const states = createUpstreamStates(() => {})
  states.turnOf('g').next = 5
  expect([states.turnOf('g').next, states.turnOf('h').next]).toEqual([5, 0])
})

test('tells who goes down and comes up', () => {
  const changes: unknown[] = []
  const { health } = createUpstreamStates((name, isUp, { lastError }) => changes.push([name, isUp, lastError])).stateOf(
    'a',
    SETTINGS,
  )
  health.fail(0, 0, 'quick', 'why')
  health.succeed()
  expect(changes).toEqual([
    ['a', false, 'why'],
    ['a', true, ''],
  ])
})
