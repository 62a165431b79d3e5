// Writes lists and the hosts to ask for into a folder, so that a measured process holds nothing that made them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawGlobs } from './globs.mjs'
import { drawHosts } from './hosts.mjs'
import { drawName, drawNames } from './names.mjs'
import { createRandom } from './random.mjs'

/** @typedef {{ rules: number, file: string, hostsFile: string }} List one rule file, and hosts for it as JSON */

const LINES_A_WRITE = 100_000

/** One rule: what an engine takes that has nothing to hold. @param {string} folder */
export function writeEmptyList(folder) {
  return writeList(join(folder, 'one'), ['one.example'], ['||one.example^'], { hit: [], miss: [], deep: [] })
}

/**
 * The first names of one sequence for each size, as `||name^`.
 *
 * @param {string} folder
 * @param {readonly number[]} sizes
 * @returns {List[]}
 */
export function writeSuffixLists(folder, sizes) {
  const all = drawNames(createRandom(1), Math.max(...sizes))
  return sizes.map((size) => {
    const names = all.slice(0, size)
    return writeList(join(folder, `suffixes-${size}`), names, names.map(toLine), drawHosts(createRandom(2), names))
  })
}

/** @param {string} folder @param {number} count @returns {List} */
export function writeGlobList(folder, count) {
  const { globs, hosts } = drawGlobs(createRandom(3), count)
  return writeList(join(folder, `globs-${count}`), globs, globs, hosts)
}

/**
 * Several lists, and for each of them a later edition with one line in twenty changed.
 *
 * @param {string} folder
 * @param {{ lists: number, rules: number }} how many, and with how many rules each
 */
export function writeEditions(folder, { lists, rules }) {
  const random = createRandom(4)
  const names = drawNames(random, lists * rules)
  mkdirSync(folder)
  return Array.from({ length: lists }, (_, at) => {
    const lines = names.slice(at * rules, (at + 1) * rules).map(toLine)
    const later = lines.map((line) => (random.chance(0.05) ? toLine(drawName(random)) : line))
    const file = join(folder, `list-${at}.txt`)
    const laterFile = join(folder, `list-${at}-later.txt`)
    writeLines(file, lines)
    writeLines(laterFile, later)
    return { file, laterFile }
  })
}

function toLine(name) {
  return `||${name}^`
}

function writeList(path, names, lines, hosts) {
  const list = { rules: names.length, file: `${path}.txt`, hostsFile: `${path}.hosts.json` }
  writeLines(list.file, lines)
  writeFileSync(list.hostsFile, JSON.stringify(hosts))
  return list
}

function writeLines(file, lines) {
  writeFileSync(file, '')
  for (let at = 0; at < lines.length; at += LINES_A_WRITE) {
    writeFileSync(file, `${lines.slice(at, at + LINES_A_WRITE).join('\n')}\n`, { flag: 'a' })
  }
}
