import ipaddr from 'ipaddr.js'
import micromatch from 'micromatch'
import type { HostPattern, Pattern } from '../../src/rules/pattern.js'
import type { RuleQuery } from '../../src/rules/rule.js'
import { canonicalPath } from '../../src/rules/url-path.js'

/** Whether a pattern matches, ports aside, in the plainest way: what every table is judged by. */
export function matchesByScan(pattern: Pattern, query: RuleQuery): boolean {
  switch (pattern.kind) {
    case 'regex':
      return new RegExp(pattern.source, 'i').test(query.host)
    case 'branches':
      return pattern.branches.some((branch) => matchesByScan(branch, query))
    case 'url':
      return (
        query.path !== undefined &&
        hostMatchesByScan(pattern.host, query) &&
        pathMatchesByScan(pattern.path, pattern.below, canonicalPath(query.path))
      )
    default:
      return hostMatchesByScan(pattern, query)
  }
}

function hostMatchesByScan(pattern: HostPattern, { host, family }: RuleQuery): boolean {
  switch (pattern.kind) {
    case 'host':
      return host === pattern.host
    case 'suffix': {
      if (family !== 0) return false
      if (host === pattern.suffix) return pattern.reach === 'all'
      if (!host.endsWith(`.${pattern.suffix}`)) return false
      return pattern.reach !== 'child' || !host.slice(0, -pattern.suffix.length - 1).includes('.')
    }
    case 'address': {
      if (family === 0 || family !== pattern.cidr.family) return false
      return ipaddr.parse(host).match(ipaddr.parse(pattern.cidr.address), pattern.cidr.prefix)
    }
    case 'glob':
      return micromatch.isMatch(host, pattern.glob, { dot: true, noextglob: true, nonegate: true, posix: true })
  }
}

/** Tries every split of the path at every star. */
function pathMatchesByScan(pattern: string, below: boolean, path: string): boolean {
  const query = path.indexOf('?')
  const ends = [path, ...(query === -1 || pattern.includes('?') ? [] : [path.slice(0, query)])]
  if (below) for (let i = 0; i < path.length; i++) if (path[i] === '/' || path[i] === '?') ends.push(path.slice(0, i))
  if (below && pattern.endsWith('/') && path.startsWith(pattern)) return true
  return ends.some((end) => matchesFrom(pattern, end))
}

function matchesFrom(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern.startsWith('*')) {
    const crosses = pattern.startsWith('**')
    const rest = pattern.replace(/^\*+/, '')
    for (let i = 0; i <= text.length; i++) {
      if (matchesFrom(rest, text.slice(i))) return true
      if (!crosses && text[i] === '/') return false
    }
    return false
  }
  if (text === '') return false
  if (pattern[0] === '?' ? text[0] === '/' : pattern[0] !== text[0]) return false
  return matchesFrom(pattern.slice(1), text.slice(1))
}
