import { type LineProblem, type ParsedLine, problemAt, rulesOf, skipped } from '../parsed-line.js'
import { type HostPattern, parseHostPort } from '../pattern.js'
import { isSink } from './hosts.js'

/**
 * `address=/x/`, `server=/x/`, `local=/x/`: each name with its subdomains,
 * where the answer leads nowhere. A name sent to a real server is not blocked.
 *
 * @param line trimmed, without its reason
 */
export function parseDnsmasq(line: string): ParsedLine | undefined {
  const option = /^(address|server|local)=(\/.*)$/.exec(line)
  if (option === null) {
    return DNSMASQ_OPTION.test(line) ? skipped('dnsmasq option') : undefined
  }
  const parts = (option[2] ?? '').split('/')
  const answer = parts.at(-1) ?? ''
  // `address=/x/#` is the null address, `server=/x/#` the usual servers
  const nowhere = answer === '' || isSink(answer) || (answer === '#' && option[1] === 'address')
  if (!nowhere) return skipped('dnsmasq line that resolves')

  const patterns: HostPattern[] = []
  let problem: LineProblem | undefined
  let column = line.indexOf('/') + 2
  for (const name of parts.slice(1, -1)) {
    const pattern = parseHostPort(name.startsWith('.') ? name : `.${name.replace(/^\*\./, '')}`)
    if (pattern.kind === 'problem') problem ??= problemAt({ ...pattern, at: 0 }, column)
    else patterns.push(pattern)
    column += name.length + 1
  }
  if (patterns.length === 0) return problem ?? skipped('dnsmasq line that resolves')
  const rules = rulesOf('dnsmasq', patterns)
  return problem === undefined ? rules : { ...rules, problem }
}

const DNSMASQ_OPTION =
  /^(?:address|server|local|cname|bogus-nxdomain|ipset|nftset|rebind-domain-ok|conf-file|addn-hosts)=/
