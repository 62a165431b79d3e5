import { describe, expect, test } from 'vitest'
import { createGiveWay } from '../../../src/workers/give-way.js'

/** A worker whose connections and clock are set by hand. */
function worker() {
  const state = { own: 0, now: 0, pauses: 0 }
  const gives = createGiveWay({
    own: () => state.own,
    now: () => state.now,
    pause(ms) {
      state.now += ms
      state.pauses++
    },
  })
  return { state, gives }
}

describe('giving way', () => {
  test('a worker alone never waits', () => {
    const { state, gives } = worker()
    for (state.own = 1; state.own < 100; state.own++) gives.giveWay()
    expect(state.pauses).toBe(0)
  })

  test('of a burst that comes to one worker, what is more than an even share is waited for', () => {
    const { state, gives } = worker()
    gives.noteOthers(0, 1)
    const waits: number[] = []
    for (state.own = 1; state.own <= 6; state.own++) {
      const before = state.pauses
      gives.giveWay()
      if (state.pauses > before) waits.push(state.own)
    }
    // the mean with an idle other is half: 3 > 1.5 × 1.1 + 1
    expect(waits).toEqual([3, 4, 5, 6])
  })

  test('shares that are nearly even are even enough', () => {
    const { state, gives } = worker()
    gives.noteOthers(14, 1)
    state.own = 18
    gives.giveWay()
    expect(state.pauses).toBe(0)
    state.own = 20
    gives.giveWay()
    expect(state.pauses).toBe(1)
  })

  test('no more than a twentieth of the time is spent so, whatever the others do', () => {
    const { state, gives } = worker()
    gives.noteOthers(0, 3)
    state.own = 1_000
    for (let i = 0; i < 100_000; i++) {
      state.now += 0.02
      gives.giveWay()
    }
    const waited = state.pauses * 0.3
    expect(waited).toBeLessThan(state.now * 0.05 + 21)
    expect(waited).toBeGreaterThan(state.now * 0.04)
  })
})
