// Start of the command, until the line that says that it listens.
import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { figuresOf } from '../measure/run-case.mjs'
import { startOnce } from '../measure/start.mjs'
import { formatCount, formatFigure, formatMebibytes, formatMs } from '../report/format.mjs'

/** @param {import('../rules.mjs').Context} context */
export async function measureStarts({ changed, empty, folder, fewRuns }) {
  const starts = { 'one rule': [], cold: [], cached: [] }
  for (let run = 0; run < fewRuns; run++) {
    const cacheHome = mkdtempSync(join(folder, 'cache-home-'))
    starts['one rule'].push(await startOnce(empty.file, cacheHome))
    starts.cold.push(await startOnce(changed.file, cacheHome))
    if (!hasCache(cacheHome)) throw new Error('the cold start left no compiled cache')
    starts.cached.push(await startOnce(changed.file, cacheHome))
  }
  return {
    name: 'starts',
    title: 'Start of the command: veilgate start --scope suffix --block FILE',
    rows: Object.entries(starts).map(([start, results]) => ({ start, ...figuresOf(results) })),
    columns: [
      ['start', ({ start }) => start],
      ['rules', ({ rules }) => formatCount(rules.median)],
      ['ms to listening', ({ readyMs }) => formatFigure(readyMs, formatMs)],
      ['resident MiB then', ({ residentBytes }) => formatMebibytes(residentBytes.median)],
      ['peak MiB', ({ peakBytes }) => formatMebibytes(peakBytes.median)],
    ],
    notes: ['Time on the wall, with the start of Node.'],
  }
}

function hasCache(cacheHome) {
  const directory = join(cacheHome, 'veilgate')
  return existsSync(directory) && readdirSync(directory).some((name) => /^rules-\w+\.bin$/.test(name))
}
