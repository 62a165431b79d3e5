// Domain names as blocklists have them: two to four labels, 19 characters on average, none of them anybody's list.

/** @typedef {import('./random.mjs').Random} Random */

const CONSONANTS = [...'bcdfghjklmnprstvwxz', 'br', 'ch', 'cl', 'dr', 'gr', 'pl', 'sh', 'st', 'tr']
const VOWELS = [...'aeiouaeioy', 'ai', 'ea', 'io', 'ou']
const WORDS = ['ad', 'ads', 'click', 'data', 'media', 'metric', 'news', 'pixel', 'shop', 'stat', 'tag', 'track', 'web']
const SUBDOMAINS = [
  'ads',
  'api',
  'cdn',
  'click',
  'collect',
  'go',
  'img',
  'log',
  'm',
  'pixel',
  's',
  'static',
  't',
  'www',
]
const TOPS = ['com', 'com', 'com', 'com', 'net', 'org', 'de', 'ru', 'info', 'xyz', 'top', 'site', 'online', 'io', 'fr']
const SECOND_LEVEL_TOPS = ['co.uk', 'com.br', 'com.au', 'co.jp']

/** Starts the registered part of every name that no list here has: syllables have no q. */
const UNLISTED = 'q'

/** @param {Random} random */
function registeredLabel(random) {
  let label = random.chance(0.2) ? random.pick(WORDS) : ''
  if (label !== '' && random.chance(0.3)) label += '-'
  for (let syllables = 2 + random.below(3); syllables > 0; syllables--) {
    label += random.pick(CONSONANTS) + random.pick(VOWELS)
  }
  if (random.chance(0.3)) label += random.pick(CONSONANTS)
  if (random.chance(0.15)) label += random.below(1000)
  return label
}

/** @param {Random} random */
export function subdomainLabel(random) {
  return random.pick(SUBDOMAINS) + (random.chance(0.4) ? random.below(100) : '')
}

/** @param {Random} random */
function topLabels(random) {
  return random.chance(0.08) ? random.pick(SECOND_LEVEL_TOPS) : random.pick(TOPS)
}

/** One of two to four labels. @param {Random} random */
export function drawName(random) {
  const registered = `${registeredLabel(random)}.${topLabels(random)}`
  if (random.chance(0.55)) return registered
  return `${subdomainLabel(random)}.${registered}`
}

/** With exactly four labels, in no list. @param {Random} random */
export function drawUnlistedHost(random) {
  const labels = [subdomainLabel(random), subdomainLabel(random), UNLISTED + registeredLabel(random), random.pick(TOPS)]
  return labels.join('.')
}

/**
 * So many different names.
 *
 * @param {Random} random
 * @param {number} count
 */
export function drawNames(random, count) {
  const names = new Set()
  while (names.size < count) names.add(drawName(random))
  return [...names]
}
