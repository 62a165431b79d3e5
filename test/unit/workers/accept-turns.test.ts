import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createAcceptTurns } from '../../../src/workers/accept-turns.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function takeTurns() {
  const told: string[] = []
  const said: string[] = []
  const turns = createAcceptTurns({ passTurn: () => told.push('pass'), spread: () => told.push('spread') }, (message) =>
    said.push(message),
  )
  return { turns, told, said }
}

test('the turn passes with each word of a rush, and after 20 ms without one', () => {
  const { turns, told } = takeTurns()
  turns.noteRush()
  expect(told).toEqual(['pass'])
  vi.advanceTimersByTime(19)
  turns.noteRush()
  expect(told).toEqual(['pass', 'pass'])
  vi.advanceTimersByTime(19)
  expect(told).toHaveLength(2)
  vi.advanceTimersByTime(1 + 40)
  expect(told).toEqual(['pass', 'pass', 'pass', 'pass', 'pass'])
})

test('clients are spread again half a second after the last word, and then nothing is left to do', () => {
  const { turns, told, said } = takeTurns()
  turns.noteRush()
  vi.advanceTimersByTime(480)
  expect(told).not.toContain('spread')
  turns.noteRush()
  vi.advanceTimersByTime(480)
  expect(told).not.toContain('spread')
  vi.advanceTimersByTime(20)
  expect(told.at(-1)).toBe('spread')
  expect(vi.getTimerCount()).toBe(0)
  expect(said).toEqual([
    'clients come in a rush: workers take turns',
    'the rush is over: clients are spread over all workers again',
  ])
  turns.noteRush()
  expect(told.at(-1)).toBe('pass')
})

test('stopped, it spreads them at once; without a rush there is nothing to stop', () => {
  const { turns, told } = takeTurns()
  turns.stop()
  expect(told).toEqual([])
  turns.noteRush()
  turns.stop()
  expect(told).toEqual(['pass', 'spread'])
  expect(vi.getTimerCount()).toBe(0)
})
