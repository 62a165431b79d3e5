import { type ParsedLine, rulesOrProblem, skipped } from '../parsed-line.js'
import { parseHostPort } from '../pattern.js'
import { isSink } from './hosts.js'

/**
 * `local-zone: "x" TYPE` (the name and all below it) and `local-data: "x A
 * 0.0.0.0"` (exactly the name).
 *
 * @param line trimmed, without its reason
 */
export function parseUnbound(line: string): ParsedLine | undefined {
  if (!UNBOUND_OPTION.test(line)) return undefined
  const zone = /^local-zone:\s*"?([^"\s]+?)\.?"?\s+"?([a-z_]+)"?$/.exec(line)
  if (zone !== null) {
    const [, name = '', type = ''] = zone
    if (!REFUSING.has(type)) return skipped('unbound zone that resolves')
    return rulesOrProblem('unbound', parseHostPort(`.${name}`), line.indexOf(name))
  }
  const data = /^local-data:\s*["']([^"'\s]+?)\.?\s+(?:\d+\s+)?(?:IN\s+)?(?:A|AAAA)\s+(\S+?)["']$/i.exec(line)
  if (data !== null) {
    const [, name = '', address = ''] = data
    if (!isSink(address)) return skipped('unbound data with another address')
    return rulesOrProblem('unbound', parseHostPort(name), line.indexOf(name) + 1)
  }
  return skipped('unbound option')
}

const UNBOUND_OPTION =
  /^(?:server:|local-zone:|local-data:|local-data-ptr:|(?:private|forward|do-not|access|stub|include|interface)[a-z-]*:\s)/
/** Types of zones that answer no address of the name's own. */
const REFUSING = new Set([
  'always_nxdomain',
  'always_null',
  'always_refuse',
  'always_nodata',
  'always_deny',
  'deny',
  'refuse',
  'static',
  'redirect',
  'inform_deny',
  'inform_redirect',
  'block_a',
])
