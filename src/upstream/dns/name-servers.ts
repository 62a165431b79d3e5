import { randomInt } from 'node:crypto'
import { Resolver } from 'node:dns'
import { createPolledFile } from '../polled-file.js'
import { askOverTcp } from './ask-over-tcp.js'
import { askOverUdp, type UdpAttempt } from './ask-over-udp.js'
import type { ReceivedReply } from './message.js'
import { parseServerAddress, type ServerAddress } from './server-address.js'
import { type AddressType, type DnsReply, type DnsTransport, failedReply } from './transport.js'

const RESOLV_CONF = '/etc/resolv.conf'
/** A server is asked again twice, each time after twice the wait: 1 + 2 + 4 waits a server. */
const ROUNDS = 3
const WAITS_PER_SERVER = 7
const SHORTEST_WAIT_MS = 300
/** Of these another server may know better; a name that does not exist is an answer. */
const PASSED_ON: ReadonlySet<string> = new Set(['SERVFAIL', 'REFUSED', 'NOTIMP'])

export type NameServersOptions = {
  /** `address` or `address:port` (IPv6 in brackets with a port); empty: those of the system, followed as /etc/resolv.conf changes. */
  readonly servers: readonly string[]
  /** For one question, all servers and attempts together. */
  readonly timeoutMs: number
  readonly now: () => number
}

/**
 * Plain DNS (RFC 1035) to the name servers in their order: UDP, each question from a
 * port and with an id of its own, and TCP where an answer was cut short. An
 * answer counts whichever attempt it belongs to; one that does not fit its
 * question is passed over, since anybody could have sent it.
 */
export function createNameServers({ servers, timeoutMs, now }: NameServersOptions): DnsTransport {
  const current =
    servers.length > 0
      ? constantly(parsed(servers))
      : createPolledFile({ path: RESOLV_CONF, now, parse: () => parsed(new Resolver().getServers()) })
  const underWay = new Set<() => void>()

  return {
    query(host, type, onReply) {
      const end = askInTurn(current(), timeoutMs, host, type, (reply) => {
        underWay.delete(close)
        onReply(reply)
      })
      const close = (): void => {
        end()
        underWay.delete(close)
        onReply(failedReply('SERVFAIL'))
      }
      underWay.add(close)
      return () => {
        end()
        underWay.delete(close)
      }
    },

    close() {
      for (const close of underWay) close()
    },
  }
}

/** Asks one server after the other. Returns what ends it: nothing stays open and `done` does not run. */
function askInTurn(
  servers: readonly ServerAddress[],
  timeoutMs: number,
  host: string,
  type: AddressType,
  done: (reply: DnsReply) => void,
): () => void {
  const wait = Math.max(SHORTEST_WAIT_MS, Math.floor(timeoutMs / (WAITS_PER_SERVER * servers.length)))
  const question = { id: randomInt(0x1_0000), host, type }
  /** A server has one question of ours, however often it is asked. */
  const asked = new Map<ServerAddress, UdpAttempt>()
  const connections = new Set<() => void>()
  const failed = new Set<ServerAddress>()
  let failure = 'TIMEOUT'
  let attempts = 0
  let timer: NodeJS.Timeout | undefined

  function end(): void {
    clearTimeout(timer)
    for (const { stop } of asked.values()) stop()
    for (const stop of connections) stop()
  }

  function settle(reply: DnsReply): void {
    end()
    done(reply)
  }

  function tryNext(): void {
    clearTimeout(timer)
    while (attempts < ROUNDS * servers.length) {
      const server = servers[attempts % servers.length]
      const round = Math.floor(attempts++ / servers.length)
      if (server === undefined || failed.has(server)) continue
      timer = setTimeout(tryNext, wait * 2 ** round)
      const attempt = asked.get(server)
      if (attempt === undefined)
        asked.set(
          server,
          askOverUdp(server, question, (reply) => onReply(server, reply)),
        )
      else attempt.repeat()
      return
    }
    settle(failedReply(failure))
  }

  function onReply(server: ServerAddress, reply: ReceivedReply | undefined): void {
    if (reply?.isTruncated === true) {
      connections.add(askOverTcp(server, question, (overTcp) => onReply(server, overTcp)))
      return
    }
    if (reply !== undefined && !PASSED_ON.has(reply.failure)) {
      settle(reply)
      return
    }
    failure = reply?.failure ?? 'SERVFAIL'
    failed.add(server)
    tryNext()
  }

  tryNext()
  return end
}

/** resolv.conf(5): without any, the name server is on this machine. */
const LOCAL_SERVER: ServerAddress = { address: '127.0.0.1', port: 53 }

function parsed(servers: readonly string[]): readonly ServerAddress[] {
  const addresses = servers.flatMap((server) => parseServerAddress(server) ?? [])
  return addresses.length > 0 ? addresses : [LOCAL_SERVER]
}

function constantly<T>(value: T): () => T {
  return () => value
}
