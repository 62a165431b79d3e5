// Hosts to ask for: as a browser sends them, most of them seen once.
import { drawUnlistedHost, subdomainLabel } from './names.mjs'

/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {{ hit: string[], miss: string[], deep: string[] }} Hosts */

/** So many of each kind, so that a large list does not fit into the caches of the processor. */
const HOSTS_OF_A_KIND = 100_000
const DEEP_LABELS = 8

/**
 * @param {Random} random
 * @param {readonly string[]} names every one of them blocked, with all below it
 * @returns {Hosts} `hit`: a name or one label below it; `miss`: four labels, in no list; `deep`: eight labels and more, blocked
 */
export function drawHosts(random, names) {
  const draw = (one) => Array.from({ length: HOSTS_OF_A_KIND }, one)
  return {
    hit: draw(() => (random.chance(0.5) ? random.pick(names) : `www.${random.pick(names)}`)),
    miss: draw(() => drawUnlistedHost(random)),
    deep: draw(() => deepen(random, random.pick(names), DEEP_LABELS + random.below(3))),
  }
}

function deepen(random, name, labels) {
  let host = name
  for (let have = name.split('.').length; have < labels; have++) host = `${subdomainLabel(random)}.${host}`
  return host
}
