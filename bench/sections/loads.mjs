// Loading suffix rules, from their text and from the compiled cache.
import { statSync } from 'node:fs'
import { runCase, runCases } from '../measure/run-case.mjs'
import { formatBytesPerRule, formatCount, formatFigure, formatMebibytes, formatMs } from '../report/format.mjs'

/** @param {import('../rules.mjs').Context} context */
export async function measureLoads({ lists, runs, keptIn }) {
  const rows = []
  for (const { rules, file } of lists) {
    const parameters = { engine: 'veilgate', file }
    const cold = await runCases(runs, 'load', parameters)
    await runCase('keep', { ...parameters, keptIn })
    const cached = await runCases(runs, 'load', { ...parameters, keptIn })
    rows.push({ rules, textBytes: statSync(file).size, cold, cached })
  }
  return {
    name: 'loads',
    title: 'Load of suffix rules (||name^), each time in a new process',
    rows,
    columns: [
      ['rules', ({ rules }) => formatCount(rules)],
      ['text MiB', ({ textBytes }) => formatMebibytes(textBytes)],
      ['cold CPU ms', ({ cold }) => formatFigure(cold.cpuMs, formatMs)],
      ['cold ms', ({ cold }) => formatMs(cold.wallMs.median)],
      ['cached CPU ms', ({ cached }) => formatFigure(cached.cpuMs, formatMs)],
      ['cached ms', ({ cached }) => formatMs(cached.wallMs.median)],
      ['added MiB', ({ cold }) => formatMebibytes(cold.addedBytes.median)],
      ['bytes a rule', ({ cold, rules }) => formatBytesPerRule(cold.addedBytes, rules)],
      ['cached', ({ cached, rules }) => formatBytesPerRule(cached.addedBytes, rules)],
    ],
    notes: [
      'Memory: resident after collections, less what was resident before the load in the same process. A load may reuse',
      'some MiB of that, more in one run than in the next: read the most. For few rules the figure says nothing.',
    ],
  }
}
