// Refresh of one list of ten.
import { join } from 'node:path'
import { writeEditions } from '../input/lists.mjs'
import { figuresOf, runCase } from '../measure/run-case.mjs'
import { formatCount, formatFigure, formatMebibytes, formatMs } from '../report/format.mjs'

const LISTS = 10
const REFRESHES = 5

/** @param {import('../rules.mjs').Context} context */
export async function measureRefreshes({ changed, folder, fewRuns }) {
  const { rules } = changed
  const results = []
  for (let run = 0; run < fewRuns; run++) {
    // a run replaces the lists by their later editions
    const lists = writeEditions(join(folder, `editions-${run}`), { lists: LISTS, rules: Math.ceil(rules / LISTS) })
    results.push(await runCase('refresh', { lists, refreshes: REFRESHES }))
  }
  return {
    name: 'refreshes',
    title: `Refresh: of ${LISTS} lists one has changed in one line of twenty`,
    rows: [{ rules, ...figuresOf(results) }],
    columns: [
      ['rules in all', (row) => formatCount(row.rules)],
      ['CPU ms', ({ cpuMs }) => formatFigure(cpuMs, formatMs)],
      ['ms', ({ wallMs }) => formatFigure(wallMs, formatMs)],
      ['resting MiB', ({ restingBytes }) => formatMebibytes(restingBytes.median)],
      ['peak MiB', ({ peakBytes }) => formatMebibytes(peakBytes.median)],
      ['peak / resting', ({ peakRatio }) => formatFigure(peakRatio, (ratio) => ratio.toFixed(2))],
    ],
    notes: [`Whole process. Time: median of ${REFRESHES} refreshes; memory: the refresh with the highest peak.`],
  }
}
