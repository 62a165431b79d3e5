import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { SocketId } from '../../../src/transport/native-addon.js'
import { hasNativeEngine } from '../../helpers/engines.js'
import { startEdge } from '../../helpers/native-dials.js'
import { waitFor } from '../../helpers/wait-for.js'

/*
 * native/src/loopback_pace.cc. Where the system paces (BBR), both kinds of sockets must differ from it on loopback and nowhere
 * else; where it does not, none may differ, and then nothing here shows that BBR is left.
 */
const SYSTEM = isLinux() ? readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim() : ''
const ON_LOOPBACK = SYSTEM.startsWith('bbr') ? 'reno' : SYSTEM
const addresses = Object.values(networkInterfaces()).flatMap((some) => some ?? [])
const hasLoopback6 = addresses.some(({ address }) => address === '::1')
const own = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address

/** The congestion control of the socket of this machine between two ports, as `ss` shows it. */
function controlOf(localPort: number, remotePort: number): string | undefined {
  const filter = `sport = :${localPort} and dport = :${remotePort}`
  const { stdout } = spawnSync('ss', ['-tniHO', 'state', 'established', filter], { encoding: 'utf8' })
  return /\b(reno|cubic|bbr\d?)\b/.exec(stdout)?.[1] ?? (stdout === '' ? undefined : SYSTEM)
}

describe.runIf(isLinux() && hasNativeEngine && spawnSync('ss', ['-V']).status === 0)('the pace of what is sent', () => {
  const places = [
    ['127.0.0.1', ON_LOOPBACK],
    ['127.9.8.7', ON_LOOPBACK],
    ...(hasLoopback6 ? ([['::1', ON_LOOPBACK]] as const) : []),
    ...(own === undefined ? [] : ([[own, SYSTEM]] as const)),
  ] as const

  test.each(places)('to clients at %s', async (ip, control) => {
    const edge = startEdge()
    const nothing = () => {}
    const client = { onPartial: nothing, onHead: nothing, onHandOver: nothing, onGone: nothing, onEnded: nothing }
    const listening = edge.listen(ip, 0, { accept: (id) => ({ id, ...client }), adopt: closeSync })
    if (typeof listening === 'string') throw new Error(listening)
    const { port } = listening
    const socket = connect({ host: ip, port })
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    await waitFor(() => expect(controlOf(port, socket.localPort ?? 0)).toBe(control))
  })

  test.each(places)('to origins at %s', async (ip, control) => {
    const edge = startEdge()
    const ports: (number | undefined)[] = []
    const server = createServer((socket) => {
      ports.push(socket.remotePort)
      socket.on('error', () => {})
    })
    await new Promise<void>((resolve) => server.listen(0, ip, resolve))
    const { port } = server.address() as { readonly port: number }
    let origin: SocketId | undefined
    onTestFinished(() => {
      if (origin !== undefined) edge.close(origin, false)
      server.close()
    })
    edge.connect({ ip, port, localAddress: undefined }, 0, {
      onConnect(_attempt, id) {
        origin = id
      },
      onError: (_attempt, error) => {
        throw error
      },
    })
    await waitFor(() => expect(ports).toHaveLength(1))
    expect(controlOf(ports[0] ?? 0, port)).toBe(control)
  })
})

function isLinux(): boolean {
  return process.platform === 'linux'
}
