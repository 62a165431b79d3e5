// Time of lookups in a list, one figure for each kind of host.
import { readFileSync } from 'node:fs'
import { loadEngine } from '../engines/engine.mjs'
import { lookupNs, timed } from '../measure/time.mjs'

/** @param {{ engine: string, file: string, hostsFile: string, lookups?: number, asText?: boolean }} parameters `lookups`: of each kind in a round */
export async function run({ engine: name, file, hostsFile, lookups, asText = false }) {
  const engine = await loadEngine(name)
  const state = await engine.load(file)
  const toQuery = asText ? (host) => host : engine.toQuery
  const isBlocked = (query) => engine.isBlocked(state, query)
  const hosts = JSON.parse(readFileSync(hostsFile, 'utf8'))
  const first = await timed(() => isBlocked(toQuery(hosts.miss[0])))
  const kinds = Object.entries(hosts).map(([kind, all]) => {
    return [`${kind}Ns`, lookupNs(toQuery, isBlocked, all.slice(0, lookups), kind !== 'miss')]
  })
  return { firstMs: first.wallMs, ...Object.fromEntries(kinds) }
}
