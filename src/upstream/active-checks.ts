import { parseAuthority } from '../http/authority.js'
import type { ProxySettings } from '../policy/upstream-settings.js'
import type { Member, MemberState } from './member.js'

export type ActiveChecks = {
  /** Asks those whose time has come. */
  tick(): void
  /** Ends what is under way. */
  close(): void
}

/**
 * Asks upstreams that have a `check` whether they work, each in its own rhythm.
 *
 * @param members those in force, asked anew at each tick
 */
export function createActiveChecks(
  members: () => readonly (readonly [Pick<Member<unknown>, 'state' | 'probe'>, ProxySettings])[],
  timeoutMs: () => number,
  now: () => number,
): ActiveChecks {
  const dueAt = new WeakMap<MemberState, number>()
  const underWay = new Map<MemberState, () => void>()

  return {
    tick() {
      for (const [member, { check }] of members()) {
        const { state } = member
        if (check === undefined || now() < (dueAt.get(state) ?? 0)) continue
        dueAt.set(state, now() + check.everyMs)
        underWay.get(state)?.()
        const target = check.target === undefined ? undefined : parseAuthority(check.target, 443)
        underWay.set(state, member.probe(target, Math.min(timeoutMs(), check.everyMs)))
      }
    },
    close() {
      for (const cancel of underWay.values()) cancel()
      underWay.clear()
    },
  }
}
