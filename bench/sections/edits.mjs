// Single edits: one rule added, one removed.
import { runCases } from '../measure/run-case.mjs'
import { formatCount, formatFigure, formatMs } from '../report/format.mjs'

/** @param {import('../rules.mjs').Context} context */
export async function measureEdits({ changed, fewRuns }) {
  const rows = [{ rules: changed.rules, ...(await runCases(fewRuns, 'edit', { file: changed.file })) }]
  return {
    name: 'edits',
    title: 'Single edit, ruleSet.with({ add: one, remove: one }), ms',
    rows,
    columns: [
      ['rules', ({ rules }) => formatCount(rules)],
      ['first of a process', ({ firstMs }) => formatFigure(firstMs, formatMs)],
      ['median of 200', ({ fewMs }) => formatFigure(fewMs, formatMs)],
      ['longest of 200', ({ fewMostMs }) => formatFigure(fewMostMs, formatMs)],
      ['before a merge', ({ fullMs }) => formatFigure(fullMs, formatMs)],
      ['merging', ({ mergeMs }) => formatFigure(mergeMs, formatMs)],
    ],
    notes: [
      'On the wall, which is how long everything else waits: CPU time would count what V8 still compiles of the load.',
      'Before a merge: the overlay holds all it may. Merging: the one edit after which it is part of the base.',
    ],
  }
}
