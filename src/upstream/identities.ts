import { createHmac } from 'node:crypto'
import { disguiseAt } from '../http/disguise.js'
import { identitySiteOf } from '../http/site.js'
import type { DisguiseFor } from '../pipeline/policy.js'
import { TOR_STREAM_ISOLATION } from '../policy/hop.js'
import { type IdentityOwner, isolatesClients, isolatesSites } from '../policy/isolation.js'
import type { Isolation } from '../policy/upstream-settings.js'

export type Credentials = { readonly username: string; readonly password: string }

/** Which identities are in force: a number that grows whenever somebody wants a new one. */
export type Generations = {
  /** Of every site that has none of its own. */
  readonly everywhere: number
  readonly sites: readonly (readonly [site: string, generation: number])[]
}

/** Identities of one run: they are derived when they are asked for, and never kept. */
export type Identities = {
  /** In force for a site (`identitySiteOf`). */
  generationOf(site: string): number
  /** New identities for a site, or for all; returns their generation. */
  renew(site: string | undefined): number
  /** What another process of this run needs to have the same. */
  readonly generations: Generations
  adopt(generations: Generations): void
  /** What tells an owner from others, for one purpose: 32 octets that say nothing of the owner, or of another purpose. */
  derive(isolation: Isolation, owner: IdentityOwner, generation: number, purpose: string): Buffer
}

/** Beyond this many sites with a generation of their own all get a new one: that keeps apart more than was asked for. */
const MAX_SITES = 4_096

/** @param secret of this run: who does not have it can neither tell nor link identities */
export function createIdentities(secret: Buffer): Identities {
  let everywhere = 0
  let latest = 0
  let sites = new Map<string, number>()

  return {
    generationOf: (site) => (sites.size === 0 ? undefined : sites.get(site)) ?? everywhere,

    renew(site) {
      latest++
      if (site === undefined || sites.size >= MAX_SITES) {
        everywhere = latest
        sites = new Map()
      } else {
        sites.set(site, latest)
      }
      return latest
    },

    get generations() {
      return { everywhere, sites: [...sites] }
    },

    adopt(generations) {
      everywhere = generations.everywhere
      sites = new Map(generations.sites)
      latest = Math.max(everywhere, ...sites.values())
    },

    derive(isolation, owner, generation, purpose) {
      // JSON, so that no two lists of parts are written alike
      const parts = ['identity', generation, ...partsOf(isolation, owner), purpose]
      return createHmac('sha256', secret).update(JSON.stringify(parts)).digest()
    },
  }
}

function partsOf(isolation: Isolation, owner: IdentityOwner): readonly (readonly string[] | null)[] {
  const { client } = owner
  const user = isolation === 'user' ? (client?.user ?? null) : null
  const whose = user === null ? ['address', client?.ip ?? ''] : ['user', user]
  return [isolatesSites(isolation) ? ['site', identitySiteOf(owner)] : null, isolatesClients(isolation) ? whose : null]
}

/**
 * User and password for one upstream. Another upstream gets others, so that two
 * that compare what they have seen learn nothing. Tor gets the user name that it
 * documents for this, others one that cannot be taken for it.
 */
export function credentialsFrom(identity: Buffer, isTor: boolean): Credentials {
  const text = identity.toString('hex')
  if (isTor) return { username: TOR_STREAM_ISOLATION, password: text }
  return { username: text.slice(0, text.length / 2), password: text.slice(text.length / 2) }
}

/** A number for `EgressAddresses.at`. */
export function egressIndexFrom(identity: Buffer): bigint {
  return BigInt(`0x${identity.toString('hex')}`)
}

/** The browser that requests pass for, by the identities in force. */
export function createDisguiseFor({ generationOf, derive }: Pick<Identities, 'generationOf' | 'derive'>): DisguiseFor {
  return (isolation, owner) => {
    const identity = derive(isolation, owner, generationOf(identitySiteOf(owner)), 'browser')
    return disguiseAt(identity.readUInt32BE(0))
  }
}
