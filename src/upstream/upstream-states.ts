import type { ProxySettings } from '../policy/upstream-settings.js'
import type { Turn } from './group-order.js'
import { createHealth, type Health } from './health.js'
import type { MemberState } from './member.js'

/** What is known of upstreams for as long as the proxy lives. */
export type UpstreamStates = {
  /** The state of an upstream; a new one where its settings are others than before. */
  stateOf(name: string, settings: ProxySettings): MemberState
  turnOf(group: string): Turn
}

/**
 * States by name and settings, so that a reload, or a list that changed, forgets
 * nothing: a member that was down stays down, and takes its turn when it was due.
 *
 * @param onChange hears when one goes down or comes up again
 */
export function createUpstreamStates(onChange: (name: string, isUp: boolean, health: Health) => void): UpstreamStates {
  const states = new Map<string, { readonly settings: string; readonly state: MemberState }>()
  const turns = new Map<string, Turn>()

  return {
    stateOf(name, settings) {
      const written = JSON.stringify(settings)
      const known = states.get(name)
      if (known?.settings === written) return known.state
      const health = createHealth((isUp, changed) => onChange(name, isUp, changed))
      const state: MemberState = { name, health, connections: 0, latencyMs: 0, dials: 0 }
      states.set(name, { settings: written, state })
      return state
    },

    turnOf(group) {
      const turn = turns.get(group) ?? { next: 0 }
      turns.set(group, turn)
      return turn
    },
  }
}
