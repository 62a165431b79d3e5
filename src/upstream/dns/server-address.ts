import { isIP, isIPv6 } from 'node:net'

const DNS_PORT = 53

export type ServerAddress = {
  readonly address: string
  readonly port: number
}

/** `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:53`, a zone id included; undefined for anything else. */
export function parseServerAddress(text: string): ServerAddress | undefined {
  if (isIP(text) !== 0) return { address: text, port: DNS_PORT }
  const [, six, four, portText = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(portText)
  if (port < 1 || port > 65_535) return undefined
  if (six !== undefined) return isIPv6(six) ? { address: six, port } : undefined
  return four !== undefined && isIP(four) === 4 ? { address: four, port } : undefined
}
