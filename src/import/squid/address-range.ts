import { parseCidr } from '../../http/cidr.js'
import type { PatternOrReason } from '../host-regex.js'

/** A value of an acl `dst`: an address, a range with a prefix or a mask. */
export function addressRange(text: string): PatternOrReason {
  const [, address = '', mask] = /^([^/]*)(?:\/(\d+\.\d+\.\d+\.\d+))?$/.exec(text) ?? [undefined, text]
  const bits = mask
    ?.split('.')
    .map((octet) => Number(octet).toString(2).padStart(8, '0'))
    .join('')
  if (bits !== undefined && !/^1*0*$/.test(bits)) return { reason: 'a mask with holes is no range' }
  const range = bits === undefined ? text : `${address}/${bits.replaceAll('0', '').length}`
  const cidr = parseCidr(range)
  return cidr === undefined
    ? { reason: 'write addresses and ranges as 192.0.2.0/24' }
    : { pattern: { kind: 'address', cidr, port: 0 } }
}
