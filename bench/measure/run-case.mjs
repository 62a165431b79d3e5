// A case runs in a process of its own: nothing of what another one left, compiled or warmed up is in it.
import { spawn } from 'node:child_process'
import { text as readAll } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { median } from './time.mjs'

/** @typedef {{ median: number, least: number, most: number }} Figure of several runs */

const CASE = fileURLToPath(new URL('../case.mjs', import.meta.url))

/**
 * @param {string} name a file of cases/
 * @param {object} parameters what it is given
 * @returns {Promise<Record<string, number>>} what it returns
 */
export async function runCase(name, parameters) {
  const child = spawn(process.execPath, ['--expose-gc', CASE, name, JSON.stringify(parameters)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.on('close', resolve))
  const output = await readAll(child.stdout)
  const code = await ended
  if (code !== 0) throw new Error(`the case ${name} ${JSON.stringify(parameters)} ended with ${code}`)
  return JSON.parse(output)
}

/**
 * @param {number} runs how many processes
 * @param {string} name
 * @param {object} parameters
 */
export async function runCases(runs, name, parameters) {
  const results = []
  for (let run = 0; run < runs; run++) results.push(await runCase(name, parameters))
  return figuresOf(results)
}

/**
 * @param {readonly Record<string, number>[]} results all with the same fields
 * @returns {Record<string, Figure>}
 */
export function figuresOf(results) {
  const fields = Object.keys(results[0])
  return Object.fromEntries(fields.map((field) => [field, figureOf(results.map((result) => result[field]))]))
}

/** @param {readonly number[]} values @returns {Figure} */
function figureOf(values) {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) }
}
