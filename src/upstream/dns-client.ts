import { type DnsReply, type DnsTransport, failedReply } from './dns/transport.js'

/** RFC 8305 §3: how long a positive A answer waits for AAAA. */
const RESOLUTION_DELAY_MS = 50
/** Enough for any real site; an answer of hundreds would only keep attempts going. */
const MAX_ADDRESSES = 64

export type DnsAnswer = DnsReply & {
  /** False for an answer that came without AAAA because that lags: the whole one follows. */
  readonly isWhole: boolean
}

export type DnsClient = {
  /**
   * Asks A and AAAA in parallel. `onAnswer` runs later, once or twice: a second
   * time only after an answer that is not whole. Addresses are IPv6 first, at most 64.
   *
   * @param budgetMs after so long the answer is what is there
   * @param identity see `DnsTransport`
   */
  ask(host: string, budgetMs: number, onAnswer: (answer: DnsAnswer) => void, identity?: string): void
  /** Queries under way answer SERVFAIL. */
  close(): void
}

/** Both families of a name, over any way to ask. */
export function createDnsClient(transport: DnsTransport): DnsClient {
  return {
    ask(host, budgetMs, onAnswer, identity) {
      let a: DnsReply | undefined
      let aaaa: DnsReply | undefined
      let lag: NodeJS.Timeout | undefined
      const deadline = setTimeout(giveUp, budgetMs)
      const cancelA = transport.query(host, 'A', onA, identity)
      const cancelAaaa = transport.query(host, 'AAAA', onAaaa, identity)

      function onA(reply: DnsReply): void {
        a = reply
        if (aaaa !== undefined) settle()
        else if (reply.addresses.length > 0) lag = setTimeout(answerWithoutAaaa, RESOLUTION_DELAY_MS)
      }

      function onAaaa(reply: DnsReply): void {
        aaaa = reply
        if (a !== undefined) settle()
      }

      function settle(): void {
        clearTimeout(lag)
        clearTimeout(deadline)
        onAnswer(merge(a ?? TIMED_OUT, aaaa ?? TIMED_OUT, true))
      }

      function giveUp(): void {
        if (a === undefined) cancelA()
        if (aaaa === undefined) cancelAaaa()
        settle()
      }

      function answerWithoutAaaa(): void {
        if (a !== undefined) onAnswer(merge(a, TIMED_OUT, false))
      }
    },

    close() {
      transport.close()
    },
  }
}

const TIMED_OUT = failedReply('TIMEOUT')

function merge(a: DnsReply, aaaa: DnsReply, isWhole: boolean): DnsAnswer {
  const cnames = union(a.cnames, aaaa.cnames)
  if (a.addresses.length === 0 && aaaa.addresses.length === 0) {
    // some servers answer AAAA wrongly (RFC 4074 §4): what A says counts, unless it says nothing
    const telling = a.failure === 'NODATA' ? aaaa : a
    const ttlSeconds = Math.min(a.ttlSeconds, aaaa.ttlSeconds)
    return { addresses: [], cnames, ttlSeconds, failure: telling.failure, isWhole }
  }
  const most6 = Math.max(MAX_ADDRESSES / 2, MAX_ADDRESSES - a.addresses.length)
  const addresses = [...aaaa.addresses.slice(0, most6), ...a.addresses].slice(0, MAX_ADDRESSES)
  const ttlSeconds = Math.min(...[a, aaaa].filter((part) => part.failure === '').map((part) => part.ttlSeconds))
  return { addresses, cnames, ttlSeconds, failure: '', isWhole }
}

/** The families of one name are mostly aliases of the same. */
function union(one: readonly string[], other: readonly string[]): readonly string[] {
  if (one.length === 0) return other
  return other.every((name) => one.includes(name)) ? one : [...new Set([...one, ...other])]
}
