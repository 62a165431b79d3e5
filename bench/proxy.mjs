// The benchmark of the data plane: npm run bench -- [--quick] [--rounds N] [--seconds S] [--peers a,b] [--json FILE] [--write-baseline]
// CPU time of a proxy for one unit of work, on loopback; only ratios mean anything on another machine. It fails only on wrong answers.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median } from './measure/time.mjs'
import { FIGURES } from './proxy/figures.mjs'
import { measure, startOrigin } from './proxy/measure.mjs'
import { installedPeers } from './proxy/peers.mjs'
import { printSection } from './report/table.mjs'

const BASELINE = fileURLToPath(new URL('baseline.json', import.meta.url))
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    peers: { type: 'string' },
    json: { type: 'string' },
    'write-baseline': { type: 'boolean', default: false },
  },
})
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3))
const seconds = Number(options.seconds ?? (options.quick ? 1 : 5))
const wanted = options.peers?.split(',') ?? (options.quick ? ['node-bare'] : undefined)
const peers = installedPeers().filter(({ name, isOurs }) => isOurs || wanted === undefined || wanted.includes(name))

const origin = await startOrigin()
try {
  const measured = await measureAll(origin.ports)
  const ratios = ratiosOf(measured)
  printTable(measured)
  printRatios(ratios)
  const machine = `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`
  if (options.json !== undefined) writeFileSync(options.json, toJson({ machine, measured, ratios }))
  if (options['write-baseline']) writeFileSync(BASELINE, toJson({ machine, ratios }))
} finally {
  origin.stop()
}

/** Mode by mode, all peers in turn: figures that are compared lie next to each other in time. */
async function measureAll(ports) {
  const modes = [...new Map(FIGURES.map(({ task }) => [keyOf(task), task])).values()]
  const results = {}
  for (let round = 0; round < rounds; round++) {
    for (const task of modes) {
      for (const peer of peers) {
        if (task.way !== undefined && !peer.isOurs) continue
        process.stderr.write(`\r${round + 1}/${rounds}  ${keyOf(task)}  ${peer.name}          `)
        const result = await measure(peer, ports, { ...task, seconds }).catch((error) => {
          process.stderr.write(`\n${peer.name}, ${keyOf(task)}: ${error.message}\n`)
          if (peer.isOurs) process.exitCode = 1
          return {}
        })
        for (const { name, task: own, field } of FIGURES) {
          if (keyOf(own) !== keyOf(task) || result[field] === undefined) continue
          results[peer.name] ??= {}
          results[peer.name][name] ??= []
          results[peer.name][name].push(result[field])
        }
      }
    }
  }
  process.stderr.write('\n')
  const medians = (figures) => Object.fromEntries(Object.entries(figures).map(([name, all]) => [name, median(all)]))
  return Object.fromEntries(Object.entries(results).map(([name, figures]) => [name, medians(figures)]))
}

function keyOf({ mode, way = 'direct', exchanges = 1 }) {
  return `${mode} ${way} ${exchanges}`
}

/** The figures of each engine of veilgate as a share of each peer's. */
function ratiosOf(measured) {
  const ratios = {}
  for (const ours of peers.filter(({ isOurs }) => isOurs)) {
    for (const { name: peer } of peers.filter(({ isOurs }) => !isOurs)) {
      const figures = Object.entries(measured[peer] ?? {}).map(([figure, value]) => {
        return [figure, Number((measured[ours.name][figure] / value).toFixed(3))]
      })
      ratios[`${ours.name} / ${peer}`] = Object.fromEntries(figures)
    }
  }
  return ratios
}

function printTable(measured) {
  const rows = peers.map(({ name, version }) => ({ label: `${name} ${version}`, figures: measured[name] ?? {} }))
  const columns = FIGURES.map(({ name, head, format }) => [
    head,
    ({ figures }) => (figures[name] === undefined ? '–' : format(figures[name])),
  ])
  printSection({
    name: 'proxies',
    title: `CPU time and memory of proxies, medians of ${rounds} rounds of ${seconds} s`,
    rows,
    columns: [['', ({ label }) => label], ...columns],
  })
}

function printRatios(ratios) {
  const kept = JSON.parse(readFileSync(BASELINE, 'utf8')).ratios
  const rows = Object.entries(ratios).map(([pair, figures]) => ({ pair, figures }))
  const cell = (pair, figure, value) => {
    const before = kept[pair]?.[figure]
    return before === undefined ? value.toFixed(2) : `${value.toFixed(2)} (${before.toFixed(2)})`
  }
  printSection({
    name: 'ratios',
    title: 'veilgate as a share of others, in brackets that of baseline.json',
    rows,
    columns: [
      ['', ({ pair }) => pair],
      ...FIGURES.map(({ name, head }) => [
        head.replace(/ (?:µs|s\/GiB|KiB\/tunnel|ms)$/, ''),
        ({ pair, figures }) => (figures[name] === undefined ? '–' : cell(pair, name, figures[name])),
      ]),
    ],
  })
}

function toJson(value) {
  return `${JSON.stringify(value, null, 2)}\n`
}
