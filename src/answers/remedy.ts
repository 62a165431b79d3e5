import { isIP } from 'node:net'
import type { Refusal } from './refusal-data.js'

/** What opens the way again: a rule line to write, or the option of the command line or what stands in the configuration. */
export type Remedy = { readonly kind: 'rule' | 'option'; readonly text: string }

/**
 * The line that would allow what was refused. A rule's level decides the verb
 * (contract §2: `allow!` beats `block!`, `allow` beats `block` and the default).
 * An `allow` never opens the guard, a port or the client list, so those name
 * their option. Null where nothing a person writes would help.
 */
export function remedyFor({ code, rule, host, form }: Refusal): Remedy | null {
  switch (code) {
    case 'VG_REQUEST_BLOCKED':
      if (host === '') return null
      return { kind: 'rule', text: `${rule?.level === 'block!' ? 'allow!' : 'allow'} ${host}` }
    case 'VG_ADDRESS_PROHIBITED':
      return { kind: 'option', text: `--allow-private=${isIP(host) === 0 ? 'CIDR' : host} (egress.guard.allow)` }
    case 'VG_PORT_REFUSED':
      return form === 'authority'
        ? { kind: 'option', text: '--connect-ports LIST (egress.connectPorts)' }
        : { kind: 'option', text: '--http-ports LIST (egress.httpPorts)' }
    case 'VG_CLIENT_REFUSED':
      return { kind: 'option', text: '--clients CIDR,… (clients.allow)' }
    case 'VG_NO_ROUTE':
      return { kind: 'option', text: `route: [{ match: ["${host}"], via: NAME }]` }
    case 'VG_ONION_UNREACHABLE':
      return {
        kind: 'option',
        text: 'upstreams: { NAME: { url: "socks5h://127.0.0.1:9050", tor: true } }, and a route via it',
      }
    default:
      return null
  }
}
