import { ProxyError } from '../errors.js'
import type { EgressGuard } from '../policy/egress-guard.js'
import type { DialRequest } from './dial.js'

export type AddressJudgeOptions = {
  readonly guard: EgressGuard
  /** Whether address and port are one of this proxy's own listeners. */
  readonly isOwn: (ip: string, port: number) => boolean
}

/** The addresses that may be reached, at least one, in the order of the answer; or why none may. */
export type AddressJudge = (
  request: DialRequest,
  addresses: readonly string[],
  cnames: readonly string[],
) => readonly string[] | ProxyError

/**
 * In this order: own listeners are refused (`VG_PROXY_LOOP`), the caller's rules
 * are asked about everything that DNS answered (or the literal), and the guard
 * drops what it refuses (`VG_ADDRESS_PROHIBITED` where nothing is left).
 */
export function createAddressJudge({ guard, isOwn }: AddressJudgeOptions): AddressJudge {
  return function judge({ host, port, admit }, addresses, cnames) {
    if (addresses.some((ip) => isOwn(ip, port))) return new ProxyError('VG_PROXY_LOOP', `${host}:${port}`)
    const refusal = admit?.(addresses, cnames)
    if (refusal !== undefined) return refusal

    const open = addresses.filter((ip) => guard.check(ip) === undefined)
    if (open.length > 0) return open
    const [first] = addresses
    return new ProxyError('VG_ADDRESS_PROHIBITED', first === undefined ? undefined : guard.check(first))
  }
}
