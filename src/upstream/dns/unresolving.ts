import { ProxyError } from '../../errors.js'
import type { HostResolver } from '../resolver.js'

const WHY = 'names are left to upstreams (egress.dns.mode: upstream)'

/**
 * Looks nothing up, not in /etc/hosts and not `localhost` either: a name that gets here would have
 * gone out directly, and only upstreams that resolve themselves may be told names.
 */
export function createUnresolving(): HostResolver {
  return {
    lookup(_host, done) {
      done(new ProxyError('VG_DNS_ERROR', WHY), [], [])
      return nothingToCancel
    },
    close() {},
  }
}

function nothingToCancel(): void {}
