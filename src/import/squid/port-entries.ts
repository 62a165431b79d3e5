import type { Place } from '../imported.js'
import type { AclEntry } from './acl.js'

/** Patterns of an acl on each of these ports; undefined where there are too many. */
export function onPorts(entries: readonly AclEntry[], ports: readonly string[]): readonly AclEntry[] | undefined {
  if (ports.length > MAX_PORTS || ports.some((port) => !/^\d+$/.test(port))) return undefined
  return entries.flatMap((entry) =>
    ports.flatMap((port) => {
      const { pattern } = entry
      return 'port' in pattern ? [{ ...entry, pattern: { ...pattern, port: Number(port) } }] : []
    }),
  )
}

/** Every host on these ports. */
export function portEntries(place: Place, name: string, ports: readonly string[]): readonly AclEntry[] | undefined {
  const pattern = { kind: 'glob', glob: '*', port: 0 } as const
  return onPorts([{ ...place, pattern, reason: `acl ${name}`, text: ports.join(' ') }], ports)
}

const MAX_PORTS = 32
