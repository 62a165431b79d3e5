import type { Config } from '../config/config.js'
import { isGroup } from '../policy/upstream-settings.js'
import { showUrl } from './chain-adapter.js'
import type { HealthStatus } from './health.js'
import type { MemberState } from './member.js'
import type { Upstreams } from './upstreams.js'

/** How one entry of `upstreams` stands. */
export type UpstreamState = ProxyState | GroupState

export type ProxyState = {
  readonly name: string
  readonly kind: 'upstream'
  /** URLs without credentials, nearest to us first. */
  readonly hops: readonly string[]
  readonly tor: boolean
  readonly status: HealthStatus
  /** One after the other, without a success. */
  readonly failures: number
  readonly lastError: string | null
  /** Milliseconds until somebody may try it again; null while it is up. */
  readonly retryInMs: number | null
  /** Open now. */
  readonly connections: number
  /** Of late, to a connection to the target; null while none was made. */
  readonly latencyMs: number | null
  /** Attempts so far. */
  readonly dials: number
}

export type GroupState = {
  readonly name: string
  readonly kind: 'group'
  readonly group: string
  readonly members: readonly string[]
  /** Members, and members of members, that are up. */
  readonly up: number
  readonly of: number
}

/** @param now on the clock of the states */
export function upstreamStates(
  { upstreams }: Pick<Config, 'upstreams'>,
  { members }: Pick<Upstreams<unknown>, 'members'>,
  now: number,
): readonly UpstreamState[] {
  const states = new Map(members.map(([{ state }]) => [state.name, state]))
  return Object.entries(upstreams).map(([name, upstream]): UpstreamState => {
    if (isGroup(upstream)) {
      const leaves = [...new Set(leavesOf(upstreams, name))].flatMap((leaf) => states.get(leaf) ?? [])
      const up = leaves.filter(({ health }) => health.status === 'up').length
      return { name, kind: 'group', group: upstream.group, members: upstream.members, up, of: leaves.length }
    }
    const hops = upstream.hops.map(showUrl)
    return { name, kind: 'upstream', hops, tor: upstream.tor, ...stateFields(states.get(name), now) }
  })
}

/** What several processes know of the same upstreams, as one. */
export function mergeStates(reports: readonly (readonly UpstreamState[])[]): readonly UpstreamState[] {
  const [first = [], ...others] = reports
  const merged = first.map((state, i) =>
    others.reduce<UpstreamState>((sum, report) => {
      const other = report[i]
      // a process that has not taken up a change yet knows others
      return other?.name === sum.name ? mergeState(sum, other) : sum
    }, state),
  )
  const proxies = new Map(merged.flatMap((state) => (state.kind === 'upstream' ? [[state.name, state] as const] : [])))
  const isUp = (name: string): boolean => proxies.get(name)?.status === 'up'
  const leaves = (name: string): readonly string[] => {
    const state = merged.find((one) => one.name === name)
    return state?.kind === 'group' ? state.members.flatMap(leaves) : [name]
  }
  return merged.map((state) =>
    state.kind === 'group' ? { ...state, up: [...new Set(leaves(state.name))].filter(isUp).length } : state,
  )
}

/** Up where it is for all, else as it stands where it is not. */
function mergeState(one: UpstreamState, other: UpstreamState): UpstreamState {
  if (one.kind === 'group' || other.kind === 'group') return one
  const worse = one.status === 'up' || (other.status === 'down' && one.status === 'trial') ? other : one
  return {
    ...worse,
    connections: one.connections + other.connections,
    dials: one.dials + other.dials,
    latencyMs:
      one.latencyMs === null || other.latencyMs === null
        ? (one.latencyMs ?? other.latencyMs)
        : Math.min(one.latencyMs, other.latencyMs),
  }
}

function stateFields(state: MemberState | undefined, now: number) {
  const { status = 'up', failures = 0, lastError = '', retryAt = 0 } = state?.health ?? {}
  return {
    status,
    failures,
    lastError: lastError === '' ? null : lastError,
    retryInMs: status === 'up' ? null : Math.max(0, Math.round(retryAt - now)),
    connections: state?.connections ?? 0,
    latencyMs: state === undefined || state.latencyMs === 0 ? null : Math.round(state.latencyMs * 10) / 10,
    dials: state?.dials ?? 0,
  }
}

function leavesOf(upstreams: Config['upstreams'], name: string): readonly string[] {
  const upstream = upstreams[name]
  if (upstream === undefined) return []
  return isGroup(upstream) ? upstream.members.flatMap((member) => leavesOf(upstreams, member)) : [name]
}
