import { cachePath, refuseCacheDirectory } from '../config/cache-directory.js'
import type { Config } from '../config/config.js'
import type { ListCopy } from '../config/list-copy.js'
import { createListStore, type Kept } from './list-store.js'
import { type Subscription, subscriptionsOf } from './subscription.js'

export type KeptLists = {
  readonly copies: readonly ListCopy[]
  /** Names of the lists of which there is no copy. */
  readonly missing: readonly string[]
}

/**
 * The copies on disk of the lists of a configuration, as they are: nothing is fetched
 * and no directory made.
 *
 * @throws {InputError} names and URLs that are none
 */
export async function readKeptLists(config: Pick<Config, 'rules' | 'cache'>): Promise<KeptLists> {
  const subscriptions = subscriptionsOf(config)
  const path = subscriptions.length === 0 ? undefined : cachePath(config.cache)
  const isRefused = path !== undefined && (await refuseCacheDirectory(path, false)) !== undefined
  const store = createListStore({ directory: isRefused ? undefined : path, onWarning: () => {} })
  const kept = await Promise.all(subscriptions.map(async (list) => toCopy(list, await store.read(list))))
  return {
    copies: kept.filter((copy) => copy !== undefined),
    missing: subscriptions.filter((_, i) => kept[i] === undefined).map(({ name }) => name),
  }
}

/**
 * What there is of a list, ready to be compiled. A copy of a file with another
 * SHA-256 than the configured one is none: the digest says what may be in force.
 */
export function toCopy({ name, action, scope, sha256 }: Subscription, { copy, text }: Kept): ListCopy | undefined {
  if (copy === undefined || text === undefined) return undefined
  if (sha256 !== undefined && sha256 !== copy.publishedSha256) return undefined
  return { name, action, scope, sha256: copy.sha256, text }
}
