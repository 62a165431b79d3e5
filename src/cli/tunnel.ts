import { once } from 'node:events'
import { CannotRunError, InputError } from '../errors.js'
import { classifyAddress } from '../http/address.js'
import { type Authority, parseAuthority } from '../http/authority.js'
import { hopPlace, isHttpHop, parseHop } from '../policy/hop.js'
import { openTunnel, showUrl } from '../upstream/chain-adapter.js'

export type TunnelOptions = {
  readonly upstream: string
  /** `ADDRESS:PORT`, port 0 for a free one. */
  readonly listen: string
  readonly json?: true
}

/**
 * `veilgate tunnel HOST:PORT --upstream URL`: a local port that leads to one
 * target, until a signal ends it.
 *
 * @returns the exit code
 * @throws {InputError} a target, upstream or address that is none, or that others reach
 * @throws {CannotRunError} the port is taken
 */
export async function tunnel(target: string, { upstream, listen, json }: TunnelOptions): Promise<number> {
  const wanted = parseAuthority(target, 0)
  if (wanted === undefined) throw wrong(target, 'not a target', 'write HOST:PORT, such as db.example:5432')
  const hop = parseHop(upstream)
  if ('message' in hop) throw wrong('--upstream', hop.message, hop.fix)
  if (!isHttpHop(hop)) {
    const fix = 'write an http:// or https:// URL: that of a veilgate started with --upstream, for one'
    throw wrong('--upstream', `a tunnel does not speak ${hop.scheme}`, fix)
  }
  const opened = await opening(upstream, hopPlace(wanted), listenPlace(listen))
  const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  process.stderr.write(`veilgate: ${opened.address} leads to ${hopPlace(wanted)} through ${showUrl(upstream)}\n`)
  if (json) process.stdout.write(`${JSON.stringify({ listening: opened.address })}\n`)
  await ended
  await opened.close()
  return 0
}

async function opening(upstream: string, target: string, { host, port }: Pick<Authority, 'host' | 'port'>) {
  try {
    return await openTunnel(upstream, target, { host, port })
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new CannotRunError(`cannot listen on ${host}:${port}: ${why === 'EADDRINUSE' ? 'the port is taken' : why}`)
  }
}

/** Whoever reaches the port gets what the upstream's credentials open, so it is for this machine alone. */
function listenPlace(text: string): Pick<Authority, 'host' | 'port'> {
  const [, address = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  // port 0 is none that a target could have
  const place = parseAuthority(`${address}:${port === '0' ? '1' : port}`, 0)
  if (place === undefined || place.family === 0) {
    throw wrong('--listen', `${text} is no address with a port`, 'write ADDRESS:PORT, such as 127.0.0.1:0')
  }
  if (classifyAddress(place.host) !== 'loopback') {
    throw wrong('--listen', `other machines would reach ${text}`, 'write an address of 127.0.0.0/8, or [::1]')
  }
  return { host: place.host, port: Number(port) }
}

function wrong(file: string, message: string, fix: string): InputError {
  return new InputError([{ file, line: 0, column: 0, message, fix }])
}
