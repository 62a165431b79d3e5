// Time and memory of a refresh: of several lists one has changed, and a new set takes the place of the old one.
import { readFileSync, renameSync } from 'node:fs'
import { engine } from '../engines/veilgate.mjs'
import { peakBytes, resetPeak, restingBytes } from '../measure/memory.mjs'
import { median, timed } from '../measure/time.mjs'

/** @param {{ lists: { file: string, laterFile: string }[], refreshes: number }} parameters the first lists change, one each time */
export async function run({ lists, refreshes }) {
  const files = lists.map(({ file }) => file)
  let ruleSet = await engine.loadAll(files)
  const results = []
  for (const { file, laterFile } of lists.slice(0, refreshes)) {
    const { gone, come } = differenceOf(file, laterFile)
    if (!isListed(ruleSet, gone) || isListed(ruleSet, come)) throw new Error('the list is not as it was written')
    renameSync(laterFile, file)
    const resting = await restingBytes()
    resetPeak()
    const { wallMs, cpuMs, value } = await timed(() => engine.loadAll(files, ruleSet))
    const peak = peakBytes() ?? Number.NaN
    ruleSet = value
    if (isListed(ruleSet, gone) || !isListed(ruleSet, come)) throw new Error('the list was not refreshed')
    results.push({ wallMs, cpuMs, resting, peak, ratio: peak / resting })
  }
  const worst = results.reduce((a, b) => (b.ratio > a.ratio ? b : a))
  return {
    wallMs: median(results.map((result) => result.wallMs)),
    cpuMs: median(results.map((result) => result.cpuMs)),
    restingBytes: worst.resting,
    peakBytes: worst.peak,
    peakRatio: worst.ratio,
  }
}

/** The first line that one edition has and the other has not. */
function differenceOf(file, laterFile) {
  const [old, later] = [file, laterFile].map((path) => readFileSync(path, 'latin1').split('\n'))
  const at = old.findIndex((line, i) => line !== later[i])
  return { gone: old[at], come: later[at] }
}

/** Whether the line itself is in force, whatever other rules say of its name. */
function isListed(ruleSet, line) {
  return ruleSet.matches(line.slice('||'.length, -'^'.length)).some(({ text }) => text === line)
}
