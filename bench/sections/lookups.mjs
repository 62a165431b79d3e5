// Lookups among suffix rules.
import { runCases } from '../measure/run-case.mjs'
import { formatCount, formatFigure, formatNs } from '../report/format.mjs'

/** @param {import('../rules.mjs').Context} context */
export async function measureLookups({ lists, fewRuns, lookups }) {
  const rows = []
  for (const { rules, file, hostsFile } of lists) {
    const parameters = { engine: 'veilgate', file, hostsFile, lookups }
    const asked = await runCases(fewRuns, 'lookup', parameters)
    const typed = await runCases(fewRuns, 'lookup', { ...parameters, asText: true })
    rows.push({ rules, ...asked, typedMissNs: typed.missNs })
  }
  return {
    name: 'lookups',
    title: 'Lookup among suffix rules, CPU ns',
    rows,
    columns: [
      ['rules', ({ rules }) => formatCount(rules)],
      ['hit', ({ hitNs }) => formatFigure(hitNs, formatNs)],
      ['miss, 4 labels', ({ missNs }) => formatFigure(missNs, formatNs)],
      ['hit, 8+ labels', ({ deepNs }) => formatFigure(deepNs, formatNs)],
      ['miss, as typed', ({ typedMissNs }) => formatFigure(typedMissNs, formatNs)],
    ],
    notes: [
      'A hit also makes the decision with its list, line and text. As typed: decide(text), which parses the host first.',
    ],
  }
}
