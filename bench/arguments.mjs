// npm run bench:rules -- [--quick] [--sizes 1k,100k,1m,5m] [--json FILE]
import { parseArgs } from 'node:util'

const UNITS = { '': 1, k: 1_000, m: 1_000_000 }

/**
 * @param {readonly string[]} args
 * @returns {{ sizes: number[], quick: boolean, json: string | undefined }} sizes in ascending order
 * @throws {Error} a size or an option that is none
 */
export function parseArguments(args) {
  const { values } = parseArgs({
    args: [...args],
    options: { sizes: { type: 'string' }, quick: { type: 'boolean', default: false }, json: { type: 'string' } },
  })
  const { quick, json } = values
  const sizes = (values.sizes ?? (quick ? '1k,100k' : '1k,100k,1m,5m')).split(',').map(toSize)
  return { sizes: [...new Set(sizes)].sort((a, b) => a - b), quick, json }
}

function toSize(text) {
  const [, digits, unit] = /^([1-9]\d*)([km]?)$/i.exec(text.trim()) ?? []
  if (digits === undefined) throw new Error(`--sizes: ${text} is no size; write sizes as 1k,100k,1m`)
  return Number(digits) * UNITS[unit.toLowerCase()]
}
