// Globs as people write them: most within one domain, some for a piece of a name wherever it stands.
import { drawName, drawUnlistedHost } from './names.mjs'

/** @typedef {import('./random.mjs').Random} Random */

/** A glob, and a host that it matches. */
const SHAPES = [
  (name) => [`ad*.${name}`, `ads7.${name}`],
  (name) => [`*-track?.${name}`, `eu-track1.${name}`],
  (name) => [`cdn[0-9].${name}`, `cdn4.${name}`],
  (name) => [`pixel*.*.${name}`, `pixel.eu.${name}`],
  (name) => [`*.${name.slice(0, name.lastIndexOf('.'))}.*`, `www.${name}`],
]

/**
 * @param {Random} random
 * @param {number} count
 */
export function drawGlobs(random, count) {
  const globs = new Map()
  while (globs.size < count) globs.set(...random.pick(SHAPES)(drawName(random)))
  const matched = [...globs.values()]
  // in no order: whoever looks at one glob after the other must not find the first hosts first
  const hit = matched.map(() => random.pick(matched))
  return { globs: [...globs.keys()], hosts: { hit, miss: hit.map(() => drawUnlistedHost(random)) } }
}
