// Others with the same names.
import { runCase, runCases } from '../measure/run-case.mjs'
import { formatBytesPerRule, formatCount, formatMs, formatNs } from '../report/format.mjs'

/** Most rules that an engine is asked to hold here: beyond, micromatch takes hours and adblocker more than a heap of 4 GiB. */
const MOST_RULES = { 'string-map': 5_000_000, adblocker: 1_000_000, micromatch: 1_000 }
const MICROMATCH_LOOKUPS = 500

/** @param {import('../rules.mjs').Context} context */
export async function measurePeers(context) {
  const { lists, measured } = context
  const rows = []
  for (const [at, list] of lists.entries()) {
    const own = { ...measured.loads[at].cold, cachedCpuMs: measured.loads[at].cached.cpuMs, ...measured.lookups[at] }
    rows.push({ engine: 'veilgate', ...own, isExtrapolated: false })
    for (const engine of Object.keys(MOST_RULES)) {
      if (list.rules <= MOST_RULES[engine]) rows.push(await measurePeer(engine, list, context))
    }
    const smaller = rows.findLast(({ engine, isExtrapolated }) => engine === 'micromatch' && !isExtrapolated)
    if (smaller !== undefined && smaller.rules < list.rules) rows.push(extrapolated(smaller, list.rules))
  }
  return {
    name: 'peers',
    title: 'The same names in other engines, CPU time',
    rows,
    columns: [
      ['engine', ({ engine, isExtrapolated }) => (isExtrapolated ? `${engine} (extrapolated)` : engine)],
      ['rules', ({ rules }) => formatCount(rules)],
      ['load ms', ({ cpuMs }) => (cpuMs === undefined ? '–' : formatMs(cpuMs.median))],
      ['cached ms', ({ cachedCpuMs }) => (cachedCpuMs === undefined ? '–' : formatMs(cachedCpuMs.median))],
      [
        'bytes a rule',
        ({ addedBytes, rules }) => (addedBytes === undefined ? '–' : formatBytesPerRule(addedBytes, rules)),
      ],
      ['hit ns', ({ hitNs }) => formatNs(hitNs.median)],
      ['miss ns', ({ missNs }) => formatNs(missNs.median)],
      ['deep hit ns', ({ deepNs }) => formatNs(deepNs.median)],
    ],
    notes: [
      'string-map: a Map of names with their lines, asked for every suffix. adblocker: @ghostery/adblocker. micromatch: one',
      'matcher a rule, asked in turn; extrapolated means lookups in proportion to the rules, not measured.',
    ],
  }
}

/** @param {string} engine @param {import('../input/lists.mjs').List} list @param {import('../rules.mjs').Context} context */
async function measurePeer(engine, { rules, file, hostsFile }, { fewRuns, keptIn, lookups: most }) {
  const load = await runCases(fewRuns, 'load', { engine, file })
  const lookups = engine === 'micromatch' ? MICROMATCH_LOOKUPS : most
  const lookup = await runCases(1, 'lookup', { engine, file, hostsFile, lookups })
  const row = { engine, rules, ...load, ...lookup, isExtrapolated: false }
  if (engine !== 'adblocker') return row
  await runCase('keep', { engine, file, keptIn })
  const cached = await runCases(fewRuns, 'load', { engine, file, keptIn })
  return { ...row, cachedCpuMs: cached.cpuMs }
}

/** The lookup alone is linear in the number of rules: load and memory of few rules are mostly what comes once. */
function extrapolated(row, rules) {
  const times = rules / row.rules
  const scaled = ['hitNs', 'missNs', 'deepNs'].map((field) => {
    const { median, least, most } = row[field]
    return [field, { median: median * times, least: least * times, most: most * times }]
  })
  return { engine: row.engine, rules, ...Object.fromEntries(scaled), isExtrapolated: true }
}
