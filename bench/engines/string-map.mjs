import { readFile } from 'node:fs/promises'

/** What anybody would write first: each name with its line, and a lookup that walks the suffixes of a host. @type {import('./engine.mjs').Engine} */
export const engine = {
  async load(file) {
    const lines = new Map()
    let line = 0
    for (const text of (await readFile(file, 'latin1')).split('\n')) {
      line++
      if (text !== '') lines.set(text.slice('||'.length, -'^'.length), line)
    }
    return lines
  },
  toQuery: (host) => host,
  isBlocked(lines, host) {
    if (lines.has(host)) return true
    for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      if (lines.has(host.slice(dot + 1))) return true
    }
    return false
  },
}
