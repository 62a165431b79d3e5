/** A record of one of the two kinds that lead to an address. */
export type AddressType = 'A' | 'AAAA'

/** What one question brought. */
export type DnsReply = {
  /** Canonical form, in the order of the answer, once each. */
  readonly addresses: readonly string[]
  /** Canonical names that the name asked for is an alias of, nearest first. */
  readonly cnames: readonly string[]
  /** How long it holds: the smallest TTL of the records, or of a name or address that does not exist what RFC 2308 says; else 0. */
  readonly ttlSeconds: number
  /** Where there is no address, why: the RCODE's name, `NODATA`, or what went wrong on the way. Empty where there is one. */
  readonly failure: string
}

/** A way to ask one question. */
export type DnsTransport = {
  /**
   * `onReply` runs later, once.
   *
   * @param identity tells apart who must not be joined by a connection that is kept; without: nobody in particular
   * @returns cancels: `onReply` will not run; for somebody whose time is up, so that the way can be thought less of
   */
  query(host: string, type: AddressType, onReply: (reply: DnsReply) => void, identity?: string): () => void
  /** Questions under way are answered with SERVFAIL, and nothing stays open. */
  close(): void
}

export function failedReply(failure: string): DnsReply {
  return { addresses: [], cnames: [], ttlSeconds: 0, failure }
}
