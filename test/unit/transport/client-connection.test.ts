import { describe, expect, test } from 'vitest'
import { createCounts, requestCountsOf } from '../../../src/counts.js'
import { createRequestHead } from '../../../src/http/request-head.js'
import { ClientConnection } from '../../../src/transport/client-connection.js'
import type { TransportContext } from '../../../src/transport/context.js'
import { createGathering } from '../../../src/transport/gathering.js'
import { LIMITS, policyOf } from '../../helpers/exchanges.js'
import { answering, ok, startRawOrigin } from '../../helpers/raw-origin.js'
import { readAll, socketPair } from '../../helpers/socket-pair.js'
import { startTestProxy } from '../../helpers/test-proxy.js'
import { waitFor } from '../../helpers/wait-for.js'

/** More than the kernel takes of what nobody reads. */
const UNREAD = Buffer.alloc(16 * 1_048_576, 'x')

/** A client to whom something is still on its way, turned away; its time runs when the test says so. */
async function turnedAway() {
  const [near, far] = await socketPair()
  far.pause()
  near.write(UNREAD)
  const counts = createCounts()
  const policy = policyOf()
  // what a client that asks nothing needs
  const context = {
    limits: LIMITS,
    counts,
    deadlines: { now: 0, add() {}, delete() {}, size: 0 },
    gathering: createGathering(() => 0),
    requestHead: createRequestHead(LIMITS),
    policy: () => policy,
    nextId: () => 'id',
    wallClock: () => 0,
    isDraining: () => false,
    isRecording: () => false,
  } as unknown as TransportContext
  const connection = new ClientConnection({
    context,
    socket: near,
    listener: 'http://127.0.0.1:3128',
    ip: '127.0.0.1',
    port: 9,
    requests: requestCountsOf(counts, 'http-1'),
    dateField: () => '',
    onClose: () => {},
  })
  connection.turnAway('VG_CLIENT_LIMIT')
  return { connection, near, far }
}

describe('client connection', () => {
  test('answers one request after the other on one connection, in order, refusals among them', async () => {
    const origin = await startRawOrigin(answering((line) => ok(line.split(' ')[1] ?? '')))
    const { connect } = await startTestProxy({ lines: ['block ads.test'] })
    const client = await connect()
    const get = (url: string) => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`
    await client.write(get(`${origin.url}/1`) + get('http://ads.test/') + get(`${origin.url}/2`))
    expect((await client.readResponse()).body).toBe('/1')
    expect((await client.readResponse()).status).toBe(403)
    expect((await client.readResponse()).body).toBe('/2')
  })

  test('reads nothing behind a request that it cannot understand', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect } = await startTestProxy()
    const client = await connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost : x\r\n\r\nGET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client.readResponse()).status).toBe(400)
    expect(await client.closed()).toBe('end')
    expect(origin.peers).toHaveLength(0)
  })

  test('lets a client read its last answer while it still sends', async () => {
    const { connect } = await startTestProxy({ lines: ['block ads.test'] })
    const client = await connect()
    await client.write('POST http://ads.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n')
    await client.write(Buffer.alloc(1_000_000))
    const response = await client.readResponse()
    expect([response.status, response.fields.connection]).toEqual([403, 'close'])
    expect(await client.closed()).toBe('end')
  })

  test('tells of an exchange whose client went away, once', async () => {
    const origin = await startRawOrigin()
    const { connect, record, records, proxy } = await startTestProxy()
    const client = await connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    await (await origin.peer(0)).readRequest()
    client.reset()
    expect(await record(0)).toMatchObject({ status: 0, error: 'client_aborted' })
    await expect.poll(() => proxy.connections).toBe(0)
    expect(records).toHaveLength(1)
  })

  test('a client that sends on and does not read its last answer is read for a while and then held back', async () => {
    const { connection, near, far } = await turnedAway()
    far.write('x')
    await waitFor(() => expect(near.bytesRead).toBe(1))
    const { deadline } = connection
    expect(deadline).toBeLessThan(LIMITS.idleTimeoutMs)
    connection.expire()
    expect([near.isPaused(), near.destroyed, connection.deadline]).toEqual([true, false, LIMITS.idleTimeoutMs])

    // it reads at last: what it has sent by then must not reset the connection under its answer
    far.write('x')
    const reading = readAll(far)
    far.resume()
    const received = await reading
    expect(received.slice(UNREAD.length)).toMatch(/^HTTP\/1\.1 429 /)
    await waitFor(() => expect(near.bytesRead).toBe(2))
    expect([near.isPaused(), near.destroyed, connection.deadline]).toEqual([false, false, deadline])
    connection.expire()
    expect(near.destroyed).toBe(true)
  })

  test('a client that was held back and goes on reading nothing is let go', async () => {
    const { connection, near } = await turnedAway()
    connection.expire()
    connection.expire()
    expect(near.destroyed).toBe(true)
  })
})
