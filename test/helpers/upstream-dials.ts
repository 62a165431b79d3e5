import type { Socket } from 'node:net'
import { DEFAULT_CONFIG } from '../../src/config/config.js'
import { createCounts } from '../../src/counts.js'
import { ProxyError } from '../../src/errors.js'
import { createEgressGuard } from '../../src/policy/egress-guard.js'
import { hopsOf } from '../../src/policy/routing-graph.js'
import { createAddressJudge } from '../../src/upstream/address-judge.js'
import { type Chain, type ChainOptions, createChain } from '../../src/upstream/chain.js'
import { createDescriptors } from '../../src/upstream/descriptors.js'
import {
  type Connect,
  createDialer,
  createRace,
  type Dial,
  type DialerOptions,
  type DialRequest,
  type DialTiming,
} from '../../src/upstream/dial.js'
import type { LookupDone } from '../../src/upstream/resolver.js'
import { socketWire } from '../../src/upstream/socket-wire.js'

export const LOOPBACK_OPEN = createEgressGuard({ allow: ['127.0.0.0/8', '::1'], deny: [] })
export const now = () => performance.now()

/** Answers from a map and writes down what it was asked. */
export function recordingResolver(names: Readonly<Record<string, readonly string[]>> = {}) {
  const asked: string[] = []
  return {
    asked,
    lookup(host: string, done: LookupDone) {
      asked.push(host)
      const addresses = names[host]
      if (addresses === undefined) done(new ProxyError('VG_DNS_ERROR', 'NXDOMAIN'), [], [])
      else done(null, addresses, [])
      return () => {}
    },
  }
}

export function directDial(resolver = recordingResolver(), connectTimeoutMs = 5_000): Dial {
  return createDialer(directOptions(resolver, connectTimeoutMs))
}

/** The same by the attempts of another engine. */
export function directDialBy<S>(
  connect: Connect<S>,
  resolver = recordingResolver(),
  connectTimeoutMs = 5_000,
): Dial<S> {
  return createRace(directOptions(resolver, connectTimeoutMs), connect)
}

function directOptions(resolver: DialerOptions['resolver'], connectTimeoutMs: number): DialerOptions {
  return {
    resolver,
    guard: LOOPBACK_OPEN,
    isOwn: () => false,
    limits: { ...DEFAULT_CONFIG.limits, connectTimeoutMs },
    descriptors: createDescriptors({ limit: undefined, base: 0, onShort: () => {} }),
    counts: createCounts(),
    now,
  }
}

/** A chain of the hops behind these URLs, everything open on loopback. */
export function chainOf(hops: readonly string[], more: Partial<ChainOptions> = {}): Chain {
  return chainBy({ connect: directDial(), wire: socketWire }, hops, more)
}

/** The same by another engine. */
export function chainBy<S>(
  engine: Pick<ChainOptions<S>, 'connect' | 'wire'>,
  hops: readonly string[],
  more: Partial<ChainOptions<S>> = {},
): Chain<S> {
  const resolver = recordingResolver({ 'localhost.test': ['127.0.0.1'] })
  return createChain<S>({
    ...engine,
    name: 'up',
    hops: hopsOf({ hops, tor: false }),
    ca: undefined,
    resolver,
    judge: createAddressJudge({ guard: LOOPBACK_OPEN, isOwn: () => false }),
    connectTimeoutMs: 5_000,
    now,
    ...more,
  })
}

export type Dialled = {
  readonly error: ProxyError | null
  readonly socket: Socket | null
  readonly timing: DialTiming
}

/** The outcome of a dial; an error listener is on the socket, as its owner would have it. */
export function dialled(dial: Dial, request: DialRequest): Promise<Dialled> {
  return new Promise((resolve) => {
    dial(request, (error, socket, timing) => {
      socket?.on('error', () => {})
      resolve({ error, socket, timing })
    })
  })
}
