import { expect, onTestFinished, test, vi } from 'vitest'
import type { ClientCounts } from '../../src/transport/client-counts.js'
import type { Deadlines } from '../../src/transport/deadlines.js'
import type { OriginPool } from '../../src/transport/origin-pool.js'
import { startDnsServer } from '../helpers/dns-server.js'
import { ok, type RawOrigin, startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import { connectRaw, eventually, type RawPeer, turn } from '../helpers/raw-peer.js'
import { startSilentListener } from '../helpers/silent-listener.js'
import { openOptions, startTestProxy } from '../helpers/test-proxy.js'

/** What the proxy under test counts by, to look into. */
const inside = vi.hoisted(() => ({
  deadlines: [] as Deadlines[],
  pools: [] as OriginPool[],
  counts: [] as ClientCounts[],
}))

vi.mock('../../src/transport/deadlines.js', async (original) => {
  const actual = await original<typeof import('../../src/transport/deadlines.js')>()
  const createDeadlines: typeof actual.createDeadlines = (...options) => {
    const deadlines = actual.createDeadlines(...options)
    inside.deadlines.push(deadlines)
    return deadlines
  }
  return { ...actual, createDeadlines }
})
vi.mock('../../src/transport/origin-pool.js', async (original) => {
  const actual = await original<typeof import('../../src/transport/origin-pool.js')>()
  const createOriginPool: typeof actual.createOriginPool = () => {
    const pool = actual.createOriginPool()
    inside.pools.push(pool)
    return pool
  }
  return { ...actual, createOriginPool }
})
vi.mock('../../src/transport/client-counts.js', async (original) => {
  const actual = await original<typeof import('../../src/transport/client-counts.js')>()
  const createClientCounts: typeof actual.createClientCounts = () => {
    const counts = actual.createClientCounts()
    inside.counts.push(counts)
    return counts
  }
  return { ...actual, createClientCounts }
})

const EXCHANGES = 10_000
const AT_ONCE = 160
/** Long enough for a busy machine: an exchange that runs into it by that alone is of another kind than it was meant to be. */
const TIMEOUT_MS = 1_500

const STREAM = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'
const WEBSOCKET = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'

/** An origin that does what the path of a request says, and in a tunnel what the first line says. */
async function followPath(peer: RawPeer): Promise<void> {
  peer.socket.on('end', () => peer.end())
  for (;;) {
    const line = await peer.readPast('\r\n')
    const act = /\/(\w+)/.exec(line)?.[1]
    if (act !== 'tunnel') await peer.readPast('\r\n\r\n')
    if (act === 'ok') await peer.write(ok('x'))
    else if (act === 'stream') await peer.write(STREAM)
    else if (act === 'reset') peer.reset()
    else if (act === 'end') peer.end()
    else if (act === 'half') {
      await peer.write(STREAM)
      peer.reset()
    } else if (act === 'until') {
      await peer.write('HTTP/1.1 200 OK\r\n\r\nhalf')
      peer.reset()
    } else if (act === 'broken') await peer.write('HTTP/9.9 nonsense\r\n\r\n')
    else if (act === 'early') await peer.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n')
    else if (act === 'upgrade') await peer.write(SWITCHED)
    else if (act === 'large')
      peer.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n${'x'.repeat(300_000)}`)
  }
}

type Place = { readonly client: RawPeer; readonly origin: RawOrigin; readonly closed: number; readonly silent: number }
type Kind = (place: Place) => Promise<unknown>

const get =
  (act: string, version = '1.1', fields = '') =>
  (url: string) =>
    `GET ${url}/${act} HTTP/${version}\r\nHost: x\r\n${fields}\r\n`

/** Sends a request and resets when `sign` has come back; at once where there is none. */
function resetAfter(text: (url: string) => string, sign: string): Kind {
  return async ({ client, origin }) => {
    await client.write(text(origin.url))
    if (sign === '') await turn()
    else await client.readPast(sign)
    client.reset()
  }
}

/** Sends a request and waits for the proxy to end the connection. */
function endedAfter(text: (place: Place) => string): Kind {
  return async (place) => {
    await place.client.write(text(place))
    await place.client.closed()
  }
}

const connectTo = (authority: string) => `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`

async function openTunnel({ client, origin }: Place): Promise<void> {
  await client.write(connectTo(origin.authority))
  await client.readPast('\r\n\r\n')
}

/** Every way in which an exchange ends before its time. */
const KINDS: Readonly<Record<string, Kind>> = {
  'reset when the head is sent': resetAfter(get('hang'), ''),
  'reset while the answer streams': resetAfter(get('stream'), 'half'),
  'reset while a decoded answer streams': resetAfter(get('stream', '1.0'), 'half'),
  'reset while a large answer waits': resetAfter(get('large'), 'xxxx'),
  'reset in the middle of an upload': resetAfter(
    (url) => `POST ${url}/hang HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf`,
    '',
  ),
  'reset in the middle of chunks': resetAfter(
    (url) => `POST ${url}/hang HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nha`,
    '',
  ),
  'reset while 100 is awaited': resetAfter(
    (url) => `POST ${url}/hang HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n`,
    '',
  ),
  'reset in the middle of a head': resetAfter((url) => get('ok')(url).slice(0, 30), ''),
  'reset with requests sent ahead': resetAfter((url) => get('ok')(url) + get('hang')(url).repeat(3), 'x'),
  'reset after a good answer': resetAfter(get('ok'), 'Content-Length: 1\r\n\r\nx'),
  'reset after a refusal': resetAfter(() => get('ok')('http://blocked.test'), 'HTTP/1.1 403'),
  'reset behind 101': resetAfter(get('upgrade', '1.1', WEBSOCKET), '101 Switching'),
  'reset before 101': resetAfter(get('hang', '1.1', WEBSOCKET), ''),
  'reset while a name is looked up': resetAfter(() => get('ok')('http://slow.test'), ''),
  'reset while a name is looked up for a tunnel': resetAfter(() => connectTo('slow.test:443'), ''),
  'reset while an address is dialled': async ({ client, silent }) => {
    await client.write(connectTo(`127.0.0.1:${silent}`))
    await turn()
    client.reset()
  },
  'gone without a word while the answer streams': async ({ client, origin }) => {
    await client.write(get('stream')(origin.url))
    await client.readPast('half')
    client.close()
  },
  'half-closed in the middle of an upload': async ({ client, origin }) => {
    await client.write(`POST ${origin.url}/hang HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf`)
    client.end()
    await client.closed()
  },
  'a tunnel that the client resets': async (place) => {
    await openTunnel(place)
    place.client.reset()
  },
  'a tunnel that the client resets with octets under way': async (place) => {
    await openTunnel(place)
    await place.client.write('x'.repeat(5_000))
    place.client.reset()
  },
  'a tunnel that the origin resets': async (place) => {
    await openTunnel(place)
    await place.client.write('/tunnel\r\nGET /reset HTTP/1.1\r\n\r\n')
    await place.client.closed()
  },
  'a tunnel half-closed by the client that the origin resets': async (place) => {
    await openTunnel(place)
    await place.client.write('GET /reset HTTP/1.1\r\n\r\n')
    place.client.end()
    await place.client.closed()
  },
  'a tunnel that both sides end': async (place) => {
    await openTunnel(place)
    await place.client.write('GET /end HTTP/1.1\r\n\r\n')
    await place.client.closed()
  },
  'a tunnel in which nothing moves': async (place) => {
    await openTunnel(place)
    await place.client.closed()
  },
  'an origin that resets': endedAfter(({ origin }) => get('reset', '1.1', 'Connection: close\r\n')(origin.url)),
  'an origin that ends': endedAfter(({ origin }) => get('end', '1.1', 'Connection: close\r\n')(origin.url)),
  'an origin that resets within its answer': endedAfter(({ origin }) => get('half')(origin.url)),
  'an origin that resets within an answer without framing': endedAfter(({ origin }) => get('until')(origin.url)),
  'an origin that breaks HTTP': endedAfter(({ origin }) => get('broken', '1.0')(origin.url)),
  'an origin that answers early': endedAfter(
    ({ origin }) => `POST ${origin.url}/early HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf`,
  ),
  'an origin that is not there': endedAfter(({ closed }) => get('ok', '1.0')(`http://127.0.0.1:${closed}`)),
  'a tunnel to an origin that is not there': endedAfter(({ closed }) => connectTo(`127.0.0.1:${closed}`)),
  'an origin that does not answer in time': endedAfter(({ origin }) => get('hang', '1.0')(origin.url)),
  'an answer that stalls': endedAfter(({ origin }) => get('stream')(origin.url)),
  'an address that does not answer in time': endedAfter(({ silent }) => connectTo(`127.0.0.1:${silent}`)),
  'a name that does not exist': endedAfter(() => get('ok', '1.0')('http://nowhere.test')),
  'a head that stalls': endedAfter(() => 'GET http://a.te'),
  'a body that stalls': endedAfter(
    ({ origin }) => `POST ${origin.url}/hang HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf`,
  ),
  'a client that asks nothing': endedAfter(() => ''),
  'a malformed request': endedAfter(() => 'GET / \r\n\r\n'),
  'a refused request with a body': endedAfter(
    () => 'POST http://blocked.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf',
  ),
}

/** How many resources of each kind Node holds. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

test('10,000 aborted exchanges of every kind leave nothing behind', { timeout: 400_000 }, async () => {
  const warnings: string[] = []
  const onWarning = (warning: Error) => warnings.push(`${warning.name}: ${warning.message}`)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))

  const origin = await startRawOrigin(followPath)
  const dns = await startDnsServer({ 'slow.test': { A: { never: true }, AAAA: { never: true } } })
  onTestFinished(() => dns.close())
  const closed = await unusedPort()
  const silentPort = await unusedPort()
  const silent = await startSilentListener('127.0.0.1', silentPort)
  onTestFinished(() => silent.close())
  const before = resources()

  const { proxy, port, records } = await startTestProxy({
    lines: ['block blocked.test'],
    egress: { dns: { servers: [dns.address], timeoutMs: 5_000 } },
    limits: {
      headTimeoutMs: TIMEOUT_MS,
      bodyTimeoutMs: TIMEOUT_MS,
      responseTimeoutMs: TIMEOUT_MS,
      idleTimeoutMs: TIMEOUT_MS,
      tunnelIdleTimeoutMs: TIMEOUT_MS,
      connectTimeoutMs: TIMEOUT_MS,
    },
  })
  const kinds = Object.entries(KINDS)
  /** What ended in another way than its kind. */
  const others: string[] = []
  let started = 0

  async function worker(): Promise<void> {
    while (started < EXCHANGES) {
      const [name, kind] = kinds[started++ % kinds.length] ?? ['', async () => {}]
      const client = await connectRaw(port)
      await kind({ client, origin, closed, silent: silentPort }).catch((error) => others.push(`${name}: ${error}`))
      client.close()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  expect(started).toBeGreaterThanOrEqual(EXCHANGES)
  expect(others.length, others.slice(0, 20).join('\n')).toBeLessThan(EXCHANGES / 100)

  // clients have gone: what remains are origin connections that wait for a request
  await eventually(() => proxy.connections === 0)
  const [deadlines] = inside.deadlines
  const [pool] = inside.pools
  expect(inside.counts.map(({ total }) => total)).toEqual([0, 0])
  expect(deadlines?.size).toBe(pool?.size)
  await eventually(() => origin.open === pool?.size)
  // each was told once, and every kind of end was met
  expect(new Set(records.map(({ id }) => id)).size).toBe(records.length)
  expect([...new Set(records.map(({ error }) => error))]).toEqual(
    expect.arrayContaining([
      null,
      'client_aborted',
      'VG_REQUEST_BLOCKED',
      'VG_REQUEST_MALFORMED',
      'VG_HEAD_TIMEOUT',
      'VG_BODY_TIMEOUT',
      'VG_RESPONSE_TIMEOUT',
      'VG_DNS_ERROR',
      'VG_ORIGIN_REFUSED',
      'VG_ORIGIN_TERMINATED',
      'VG_ORIGIN_PROTOCOL',
      'VG_ORIGIN_CONNECT_TIMEOUT',
    ]),
  )

  await proxy.reload({ ...openOptions({ limits: { tunnelsPerClient: 1 } }) })
  const last = await connectRaw(port)
  await last.write(connectTo(origin.authority))
  expect((await last.readHead()).status).toBe(200)
  last.close()

  await proxy.close({ drainMs: 0 })
  expect(deadlines?.size).toBe(0)
  expect(pool?.size).toBe(0)
  await eventually(() => origin.open === 0)
  // what was closed in this turn of the event loop is gone after the next
  for (let i = 0; i < 3; i++) await turn()
  expect(resources()).toEqual(before)
  expect(warnings).toEqual([])
})
