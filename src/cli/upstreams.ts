import type { UpstreamState } from '../app.js'
import { type AskOptions, ask } from './ask.js'
import { columns } from './columns.js'
import { escaped } from './escaped.js'

export type UpstreamsOptions = AskOptions & { readonly json?: true }

/**
 * `veilgate upstreams`: asks the running instance how its upstreams stand.
 *
 * @returns the exit code
 * @throws {CannotRunError} none runs
 */
export async function upstreams(options: UpstreamsOptions): Promise<number> {
  const states = (await ask(options, { command: 'upstreams' })) as readonly UpstreamState[]
  if (options.json) {
    process.stdout.write(`${JSON.stringify(states, null, 2)}\n`)
    return 0
  }
  if (states.length === 0) process.stderr.write('veilgate: no upstreams are configured\n')
  for (const line of toLines(states)) process.stdout.write(`${line}\n`)
  return 0
}

/** A line each, with what is wrong below it. */
export function toLines(states: readonly UpstreamState[]): readonly string[] {
  const lines = columns(states.map(toCells))
  return lines.flatMap((line, i) => {
    const state = states[i]
    const why = state?.kind === 'upstream' ? state.lastError : null
    return why === null ? [line] : [line, `  ${escaped(why)}`]
  })
}

function toCells(state: UpstreamState): readonly string[] {
  if (state.kind === 'group') {
    return [state.name, `${state.up}/${state.of} up`, state.group, '', state.members.join(', ')]
  }
  const { name, status, connections, latencyMs, hops, retryInMs, tor } = state
  const next =
    retryInMs === null ? status : `${status}, trial ${retryInMs === 0 ? 'due' : `in ${Math.ceil(retryInMs / 1_000)} s`}`
  return [
    name,
    next,
    `${connections} open`,
    latencyMs === null ? '' : `${Math.round(latencyMs)} ms`,
    `${hops.map(escaped).join(' → ')}${tor ? ' (tor)' : ''}`,
  ]
}
