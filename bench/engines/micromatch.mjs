import { readFile } from 'node:fs/promises'
import micromatch from 'micromatch'

const SUFFIX_LINE = /^\|\|(.+)\^$/

/** micromatch alone: a matcher for each rule, asked one after the other. @type {import('./engine.mjs').Engine} */
export const engine = {
  async load(file) {
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')
    return lines.map((line) => micromatch.matcher(toGlob(line)))
  },
  toQuery: (host) => host,
  isBlocked(matchers, host) {
    for (let i = 0; i < matchers.length; i++) if (matchers[i](host)) return true
    return false
  },
}

/** `||name^` is the name and all below it. */
function toGlob(line) {
  return line.replace(SUFFIX_LINE, '{,*.}$1')
}
