// The benchmark of the rule engine: npm run bench:rules -- [--quick] [--sizes 1k,100k,1m,5m] [--json FILE]
// It says what is slow and fails only on wrong answers: times are of the machine as much as of the code.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArguments } from './arguments.mjs'
import { writeEmptyList, writeGlobList, writeSuffixLists } from './input/lists.mjs'
import { printSection } from './report/table.mjs'
import { judgeTargets, printTargets } from './report/targets.mjs'
import { measureEdits } from './sections/edits.mjs'
import { measureGlobs } from './sections/globs.mjs'
import { measureLoads } from './sections/loads.mjs'
import { measureLookups } from './sections/lookups.mjs'
import { measurePeers } from './sections/peers.mjs'
import { measureRefreshes } from './sections/refreshes.mjs'
import { measureStarts } from './sections/starts.mjs'

/** @typedef {import('./input/lists.mjs').List} List */
/**
 * What the sections share.
 *
 * @typedef {object} Context
 * @property {string} folder for files of a section, removed at the end
 * @property {string} keptIn where compiled rules are kept, for this user alone
 * @property {List[]} lists suffix rules, one list for each size, the smallest first
 * @property {List} changed the list that is edited, refreshed and started with
 * @property {List} globs
 * @property {List} empty one rule
 * @property {number} runs processes for a figure of memory, which differs from run to run
 * @property {number} fewRuns processes for other figures
 * @property {number | undefined} lookups of each kind in a round; without it, all hosts that there are
 * @property {Record<string, any[]>} measured rows of the sections that came before, by name
 */

const SECTIONS = [
  measureLoads,
  measureLookups,
  measureGlobs,
  measureEdits,
  measureRefreshes,
  measureStarts,
  measurePeers,
]
const GLOBS = 20_000
/** Above, a change takes no other way, only longer. */
const MOST_CHANGED = 1_000_000

const { sizes, quick, json } = parseArguments(process.argv.slice(2))
const folder = mkdtempSync(join(tmpdir(), 'veilgate-bench-'))
// lists of a hundred megabytes are not left behind by whoever loses patience
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length }
console.log(
  `Node ${machine.node}, ${machine.cores} x ${machine.cpu}; medians, in brackets the least and the most of several runs`,
)
const context = makeContext()
for (const measure of SECTIONS) {
  const section = await measure(context)
  printSection(section)
  context.measured[section.name] = section.rows
}
const targets = judgeTargets(context.measured)
printTargets(targets)
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, ...context.measured, targets }, null, 2)}\n`)

/** @returns {Context} */
function makeContext() {
  const keptIn = join(folder, 'kept')
  mkdirSync(keptIn, { mode: 0o700 })
  const lists = writeSuffixLists(folder, sizes)
  return {
    folder,
    keptIn,
    lists,
    changed: lists.findLast(({ rules }) => rules <= MOST_CHANGED) ?? lists[0],
    globs: writeGlobList(folder, GLOBS),
    empty: writeEmptyList(folder),
    runs: quick ? 1 : 7,
    fewRuns: quick ? 1 : 3,
    lookups: quick ? 10_000 : undefined,
    measured: {},
  }
}
