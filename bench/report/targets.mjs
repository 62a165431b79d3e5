// What the rule engine is meant to reach on one core, and whether it did in this run.
import { formatMs } from './format.mjs'

const SIZE = 1_000_000

/** @typedef {Record<string, any[]>} Measured rows of each section */

/** Loads and lookups by CPU time of all threads: that is what one core needs. Edits by the time they take. */
const TARGETS = [
  {
    what: '1M suffix rules, load from text',
    most: 600,
    unit: 'ms',
    measured: ({ loads }) => sized(loads)?.cold.cpuMs.median,
  },
  {
    what: '1M suffix rules, load from the cache',
    most: 150,
    unit: 'ms',
    measured: ({ loads }) => sized(loads)?.cached.cpuMs.median,
  },
  {
    what: '1M suffix rules, resident bytes a rule, most of several runs',
    most: 24,
    unit: 'bytes',
    measured: ({ loads }) => perRule(sized(loads)?.cold.addedBytes.most),
  },
  {
    what: '1M suffix rules, miss with four labels',
    most: 500,
    unit: 'ns',
    measured: ({ lookups }) => sized(lookups)?.missNs.median,
  },
  {
    what: '1M suffix rules, single edit (median of many)',
    most: 1,
    unit: 'ms',
    measured: ({ edits }) => sized(edits)?.fewMs.median,
  },
  {
    what: '1M suffix rules, first edit of a process',
    most: 1,
    unit: 'ms',
    measured: ({ edits }) => sized(edits)?.firstMs.median,
  },
  {
    what: 'refresh of one list of ten, peak over resting memory',
    most: 1.5,
    unit: 'times',
    measured: ({ refreshes }) => sized(refreshes)?.peakRatio.most,
  },
]

/** @param {Measured} measured */
export function judgeTargets(measured) {
  return TARGETS.map(({ what, most, unit, measured: find }) => {
    const value = find(measured)
    const isKnown = value !== undefined && !Number.isNaN(value)
    return {
      what,
      most,
      unit,
      value: isKnown ? value : null,
      verdict: isKnown ? (value <= most ? 'met' : 'missed') : 'not measured',
    }
  })
}

/** @param {ReturnType<typeof judgeTargets>} targets */
export function printTargets(targets) {
  console.log('\nTargets')
  for (const { what, most, unit, value, verdict } of targets) {
    const found = value === null ? '' : `: ${formatMs(value)} ${unit}`
    console.log(`target ${what} <= ${most} ${unit} ${verdict}${found}`)
  }
}

function sized(rows = []) {
  return rows.find(({ rules }) => rules === SIZE)
}

function perRule(bytes) {
  return bytes === undefined ? undefined : bytes / SIZE
}
