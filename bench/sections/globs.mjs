// Lookups among globs, beside micromatch alone, which asks one matcher after the other.
import { runCases } from '../measure/run-case.mjs'
import { formatCount, formatFigure, formatMebibytes, formatMs, formatNs } from '../report/format.mjs'

/** A lookup among 20,000 matchers takes milliseconds. */
const MICROMATCH_LOOKUPS = 20

/** @param {import('../rules.mjs').Context} context */
export async function measureGlobs({ globs: { rules, file, hostsFile }, fewRuns, lookups: most }) {
  const rows = []
  for (const [engine, lookups] of [
    ['veilgate', most],
    ['micromatch', MICROMATCH_LOOKUPS],
  ]) {
    const load = await runCases(fewRuns, 'load', { engine, file })
    const lookup = await runCases(fewRuns, 'lookup', { engine, file, hostsFile, lookups })
    rows.push({ engine, rules, ...load, ...lookup })
  }
  return {
    name: 'globs',
    title: `${formatCount(rules)} globs`,
    rows,
    columns: [
      ['engine', ({ engine }) => engine],
      ['load CPU ms', ({ cpuMs }) => formatFigure(cpuMs, formatMs)],
      ['added MiB', ({ addedBytes }) => formatMebibytes(addedBytes.median)],
      ['first lookup ms', ({ firstMs }) => formatFigure(firstMs, formatMs)],
      ['hit ns', ({ hitNs }) => formatFigure(hitNs, formatNs)],
      ['miss ns', ({ missNs }) => formatFigure(missNs, formatNs)],
    ],
    notes: [
      'veilgate files globs by their rarest piece when it loads them and compiles each when a host has its literals.',
    ],
  }
}
