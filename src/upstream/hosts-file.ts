import { isIP } from 'node:net'
import { canonicalHost } from '../http/authority.js'
import { createPolledFile } from './polled-file.js'

export type HostsFileOptions = {
  readonly path: string
  /** Milliseconds on any clock that does not go back. */
  readonly now: () => number
}

export type HostsFile = {
  /** The addresses a name has in the file, in its order; undefined where it has none. */
  lookup(host: string): readonly string[] | undefined
}

/** hosts(5), followed as it changes. A file that cannot be read is an empty one. */
export function createHostsFile({ path, now }: HostsFileOptions): HostsFile {
  const addressesByName = createPolledFile({ path, now, parse: parseHosts })

  return {
    lookup(host) {
      return addressesByName().get(host)
    },
  }
}

/** `address name name… # comment` lines → addresses by name in canonical form. Lines that are nothing of the kind are skipped. */
export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const addressesByName = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const comment = line.indexOf('#')
    const [first = '', ...names] = (comment === -1 ? line : line.slice(0, comment)).trim().split(/\s+/)
    // a zone id (`fe80::1%lo0`, macOS) names an interface: nothing the guard could judge
    if (isIP(first) === 0 || first.includes('%')) continue
    const address = canonicalHost(first) ?? first

    for (const name of names) {
      const host = canonicalHost(name)
      if (host === undefined) continue
      const addresses = addressesByName.get(host)
      if (addresses === undefined) addressesByName.set(host, [address])
      else if (!addresses.includes(address)) addresses.push(address)
    }
  }
  return addressesByName
}
