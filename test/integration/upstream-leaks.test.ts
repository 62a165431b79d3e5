import { expect, test } from 'vitest'
import type { Config } from '../../src/config/config.js'
import { createCounts } from '../../src/counts.js'
import { hopsOf } from '../../src/policy/routing-graph.js'
import { createAddressJudge } from '../../src/upstream/address-judge.js'
import type { Dial } from '../../src/upstream/dial.js'
import { createIdentities } from '../../src/upstream/identities.js'
import { socketWire } from '../../src/upstream/socket-wire.js'
import { createUpstreamStates } from '../../src/upstream/upstream-states.js'
import { createUpstreams } from '../../src/upstream/upstreams.js'
import type { Wire } from '../../src/upstream/wire.js'
import { ENGINES } from '../helpers/engines.js'
import { startEdge } from '../helpers/native-dials.js'
import { startRawOrigin } from '../helpers/raw-origin.js'
import { eventually, turn } from '../helpers/raw-peer.js'
import { startRecordingParent } from '../helpers/recording-parent.js'
import { makeCertificate } from '../helpers/tls-certificate.js'
import { directDial, directDialBy, LOOPBACK_OPEN, now, recordingResolver } from '../helpers/upstream-dials.js'

const certificate = makeCertificate()
const ABORTS = 10_000
const AT_ONCE = 40

/** Sockets and timers that this process waits for. */
function held(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** How an engine connects, and what it holds open. */
const ENGINE_PARTS = {
  js: () => partsOf(directDial(), socketWire, () => 0),
  native: () => {
    const edge = startEdge()
    return partsOf(directDialBy(edge.connect), edge, () => edge.descriptors)
  },
}

function partsOf<S>(connect: Dial<S>, wire: Wire<S>, descriptors: () => number) {
  const upstreamsFrom = (settings: Config['upstreams']) => {
    const { dialOf, members } = createUpstreams({
      upstreams: settings,
      states: createUpstreamStates(() => {}),
      counts: createCounts(),
      authorities: new Map([['ca', certificate.cert]]),
      sources: { chance: Math.random, wallClock: Date.now, secret: Buffer.alloc(16) },
      identities: createIdentities(Buffer.alloc(16)),
      connect,
      wire,
      resolver: recordingResolver(),
      judge: createAddressJudge({ guard: LOOPBACK_OPEN, isOwn: () => false }),
      connectTimeoutMs: 60_000,
      now,
    })
    /** Dials, and closes what it gets. @returns cancels */
    function begin(way: string, port: number, onDone: () => void): () => void {
      const dial = dialOf(way)
      if (dial === undefined) throw new Error(`no ${way}`)
      return dial({ host: '127.0.0.1', port, family: 4 }, (_error, socket) => {
        onDone()
        if (socket !== null) wire.destroy(socket)
      })
    }
    return { members, begin }
  }
  return { upstreamsFrom, descriptors }
}

test.each(ENGINES)(
  `nothing is left after ${ABORTS} aborted dials, at whatever step they were aborted, engine %s`,
  {
    timeout: 240_000,
  },
  async (engine) => {
    const origin = await startRawOrigin(async (peer) => {
      await peer.closed()
    })
    const silent = await startRawOrigin(async (peer) => {
      await peer.closed()
    })
    const plain = await startRecordingParent()
    // a handshake that was given up is noticed by its time alone; one that a busy machine delays is not to be taken for it
    const secure = await startRecordingParent({ tls: certificate, handshakeTimeoutMs: 5_000 })
    const hops = {
      http: [`http://127.0.0.1:${plain.port}`],
      socks: [`socks5h://127.0.0.1:${plain.port}`],
      silent: [`socks5h://${silent.authority}`],
      two: [`socks4a://127.0.0.1:${plain.port}`, `http://127.0.0.1:${plain.port}`],
      tls: [`https://127.0.0.1:${secure.port}`],
    }
    const { upstreamsFrom, descriptors } = ENGINE_PARTS[engine]()
    const { members, begin } = upstreamsFrom({
      ...Object.fromEntries(Object.entries(hops).map(([name, urls]) => [name, { hops: urls, tor: false, ca: 'ca' }])),
      out: { group: 'round-robin', members: ['http', 'socks', 'two'], by: 'client', lifetimeMs: 1 },
    })
    expect(hopsOf({ hops: hops.two, tor: false })).toHaveLength(2)
    // TLS costs a hundred times as much as the rest, and is not the native edge's
    const ways = ['http', 'socks', 'silent', 'two', 'out', 'http', 'socks', 'silent', 'two']
    if (engine === 'js') ways.push('tls')
    const before = held()

    async function abortOne(i: number): Promise<void> {
      const way = ways[i % (i % 200 < 190 ? 9 : 10)] ?? 'http'
      let dones = 0
      const cancel = begin(way, origin.port, () => dones++)
      for (let turns = (i * 7) % 13; turns > 0; turns--) await turn()
      const told = dones
      cancel()
      await turn()
      expect(dones).toBe(told)
      expect(dones).toBeLessThan(2)
    }

    for (let i = 0; i < ABORTS; i += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, j) => abortOne(i + j)))
    }
    await eventually(() => plain.open === 0 && secure.open === 0 && origin.open === 0 && silent.open === 0)
    for (const [{ state }] of members) {
      expect(state).toMatchObject({ connections: 0 })
      expect(state.health.status).toBe('up')
    }
    // the edge listens nowhere here
    expect(descriptors()).toBe(0)
    await eventually(() => {
      const after = held()
      return ['TCPSocketWrap', 'TLSWrap', 'Timeout'].every((name) => (after[name] ?? 0) <= (before[name] ?? 0) + 1)
    })
  },
)
