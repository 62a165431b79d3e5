// Time of single edits of a large set: with little edited before, with nearly as much as is kept apart from the rest
// (docs/decisions/0008), and the one edit after which both parts are merged.
import { readFileSync } from 'node:fs'
import { engine } from '../engines/veilgate.mjs'
import { median, timed } from '../measure/time.mjs'

const EDITS = 200
const EDITS_WHEN_FULL = 21

/** @param {{ file: string }} parameters lines `||name^` */
export async function run({ file }) {
  let ruleSet = await engine.load(file)
  const lines = removableLines(file, ruleSet, 1 + EDITS + EDITS_WHEN_FULL)
  let edits = 0

  async function edit(change) {
    const { wallMs, cpuMs, value } = await timed(() => ruleSet.with(change))
    ruleSet = value
    return { wallMs, cpuMs }
  }
  /** Adds a rule and removes one, and sees that both happened. */
  async function editOne() {
    const { line, name } = lines[edits]
    const added = `added-${edits++}.example`
    const time = await edit({ add: [`.${added}`], remove: [line] })
    if (isBlocked(ruleSet, name) || !isBlocked(ruleSet, `www.${added}`)) throw new Error(`edit ${edits} did nothing`)
    return time
  }
  async function editMany(count) {
    const times = []
    for (let i = 0; i < count; i++) times.push(await editOne())
    const inOrder = times.map(({ wallMs }) => wallMs).sort((a, b) => a - b)
    return { median: median(inOrder), most: inOrder.at(-1) }
  }

  const first = await editOne()
  const few = await editMany(EDITS)
  await edit({ add: fillers(mostKeptApart(ruleSet.size) - edits - EDITS_WHEN_FULL) })
  const full = await editMany(EDITS_WHEN_FULL)
  await edit({ add: ['.last-kept-apart.example'] })
  const merge = await edit({ add: ['.merging.example'] })
  return { firstMs: first.wallMs, fewMs: few.median, fewMostMs: few.most, fullMs: full.median, mergeMs: merge.wallMs }
}

/** Lines whose names are allowed once they are gone: no other rule covers them. */
function removableLines(file, ruleSet, count) {
  const found = []
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const name = line.slice('||'.length, -'^'.length)
    if (name !== '' && ruleSet.matches(name).length === 1) found.push({ line, name })
    if (found.length === count) break
  }
  return found
}

function isBlocked(ruleSet, host) {
  return engine.isBlocked(ruleSet, engine.toQuery(host))
}

function fillers(count) {
  return Array.from({ length: count }, (_, i) => `.filler-${i}.example`)
}

/** As many as src/rules/rule-edit.ts keeps in the overlay. */
function mostKeptApart(rules) {
  return Math.min(65_536, Math.max(4_096, Math.floor(rules / 16)))
}
