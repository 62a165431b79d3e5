import { afterEach, describe, expect, test, vi } from 'vitest'
import { type BusyProxy, startBesideOthers } from '../helpers/bystanders.js'
import { type Fault, startFaultyLink } from '../helpers/faulty-link.js'
import { CHUNKED, REQUESTS, SIZED } from '../helpers/framed-messages.js'
import { answering, ok, type RawOrigin, startRawOrigin } from '../helpers/raw-origin.js'
import { connectRaw, eventually, type RawPeer } from '../helpers/raw-peer.js'
import { startTestProxy } from '../helpers/test-proxy.js'

const HOWS = ['end', 'reset'] as const

afterEach(() => void vi.restoreAllMocks())

/** Every exchange beside the faulty ones is untouched, those that come after them are served, and none of theirs is left open. */
async function expectUnharmed({ proxy, port, counts, expectUntouched }: BusyProxy, origin: RawOrigin): Promise<void> {
  await expectUntouched()
  const client = await connectRaw(port)
  await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  expect((await client.readResponse()).status).toBe(200)
  await client.closed()
  await eventually(() => proxy.connections === 0)
  expect(counts.limits.idleTimeout + counts.limits.responseTimeout).toBe(0)
}

/** What a client makes of an answer: the status, and whether it is whole. */
async function answerOf(client: RawPeer): Promise<{ readonly status: number; readonly body: string | undefined }> {
  const head = await client.readHead().catch(() => undefined)
  if (head === undefined) return { status: 0, body: undefined }
  const isFramed = /^(content-length|transfer-encoding):/im.test(head.lines.join('\n'))
  // a connection that is half-open is not over
  if (isFramed) void client.ended().then(() => client.end())
  if (head.fields['content-length'] !== undefined) {
    const body = await client.readBytes(Number(head.fields['content-length'])).catch(() => undefined)
    return { status: head.status, body }
  }
  const isChunked = head.fields['transfer-encoding'] === 'chunked'
  const whole = isChunked
    ? await client.readPast('0\r\nX-Trailer: 1\r\n\r\n').catch(() => undefined)
    : (await endingOf(client)) === 'end'
      ? client.received
      : undefined
  return { status: head.status, body: whole?.replaceAll(/\b\d(;x=y)?\r\n|\r\n|X-Trailer: 1/g, '') }
}

/** How a connection ended. libuv tells of a reset right behind data as of an end; a write of nothing tells them apart. */
async function endingOf(client: RawPeer): Promise<'end' | 'reset'> {
  if ((await client.ended()) === 'reset') return 'reset'
  return new Promise((resolve) => client.socket.write('', (error) => resolve(error ? 'reset' : 'end')))
}

describe('a response that is cut off at any octet', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\nX-A: 1\r\n'

  test.each([
    ['with a length', `${HEAD}${SIZED}`],
    ['in chunks', `${HEAD}${CHUNKED}`],
    ['that ends with the connection', `${HEAD}\r\nhelloyou`],
  ])('%s is a 502, or never taken for whole', async (what, answer) => {
    const origin = await startRawOrigin(async (peer) => {
      peer.socket.on('end', () => peer.end())
      await peer.readRequest()
      await peer.write(answer)
      if (what.includes('connection')) peer.end()
    })
    const sane = await startRawOrigin(answering(ok('x')))
    const link = await startFaultyLink({ to: origin.port })
    const proxy = await startBesideOthers()
    const head = answer.indexOf('\r\n\r\n') + 4
    for (const how of HOWS) {
      for (let after = 0; after <= answer.length; after++) {
        const down: Fault = { after, how }
        link.set({ down })
        const client = await proxy.connect()
        await client.write(`GET http://127.0.0.1:${link.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
        const { status, body } = await answerOf(client)
        const where = `${how} after ${after} of ${answer.length} (${JSON.stringify(answer.slice(0, after).slice(-10))})`
        if (after < head) expect(status, where).toBe(502)
        else if (body !== undefined && !what.includes('connection')) expect(body, where).toBe('helloyou')
        // FIN is how this one ends: what came before it is all there is to know
        else if (body !== undefined) expect(how === 'end' || after === answer.length, where).toBe(true)
        if (after < answer.length && after >= head && !what.includes('connection')) expect(body, where).toBeUndefined()
        client.close()
      }
    }
    await expectUnharmed(proxy, sane)
    await eventually(() => link.open === 0 && origin.open === 0)
  })
})

describe('a request that is cut off at any octet', () => {
  test.each(REQUESTS)('%s never reaches the origin as a whole one', async (what, text) => {
    let whole = 0
    const origin = await startRawOrigin(async (peer) => {
      peer.socket.on('end', () => peer.end())
      for (;;) {
        await peer.readRequest()
        whole++
        await peer.write(ok('x'))
      }
    })
    const proxy = await startBesideOthers()
    const link = await startFaultyLink({ to: proxy.port })
    const request = text(origin.url)
    for (const how of HOWS) {
      for (let after = 0; after < request.length; after++) {
        link.set({ up: { after, how } })
        const client = await connectRaw(link.port)
        await client.write(request)
        await client.ended()
        client.close()
        expect(whole, `${how} after ${after}: ${JSON.stringify(request.slice(0, after).slice(-10))}`).toBe(0)
      }
    }
    expect(proxy.counts.errors.VG_HEAD_TIMEOUT).toBe(0)
    await eventually(() => link.open === 0 && (what !== 'of a tunnel' || origin.open === 0))
    await expectUnharmed(proxy, origin)
  })
})

describe('octet by octet, both ways at each side of the proxy', () => {
  test.each([
    ['a GET', (url: string) => `GET ${url}/ HTTP/1.1\r\nHost: x\r\n\r\n`, SIZED],
    [
      'a POST in chunks, answered in chunks',
      (url: string) => `POST ${url}/ HTTP/1.1\r\nHost: x\r\n${CHUNKED}`,
      CHUNKED,
    ],
    ['a POST with a length', (url: string) => `POST ${url}/ HTTP/1.1\r\nHost: x\r\n${SIZED}`, CHUNKED],
  ])('%s is what it was', async (_what, text, answer) => {
    const origin = await startRawOrigin(async (peer) => {
      const { body } = await peer.readRequest()
      await peer.write(`HTTP/1.1 200 OK\r\nX-Body: ${body}\r\n${answer}`)
    })
    const proxy = await startTestProxy()
    const [near, far] = [
      await startFaultyLink({ to: proxy.port, piece: 1 }),
      await startFaultyLink({ to: origin.port, piece: 1 }),
    ]
    const client = await connectRaw(near.port)
    const request = text(`http://127.0.0.1:${far.port}`)
    await client.write(request)
    const response = await client.readResponse()
    expect([response.status, response.body]).toEqual([200, 'helloyou'])
    expect(response.fields['x-body']).toBe(request.startsWith('GET') ? '' : 'helloyou')
    client.close()
  })

  test('a tunnel passes on what goes in', async () => {
    const origin = await startRawOrigin(async (peer) => {
      await peer.write((await peer.readPast('?')).toUpperCase())
      peer.end()
    })
    const proxy = await startTestProxy()
    const near = await startFaultyLink({ to: proxy.port, piece: 1 })
    const client = await connectRaw(near.port)
    await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\nhow are you?`)
    await client.readHead()
    expect(await client.readPast('?')).toBe('HOW ARE YOU?')
    expect(await client.ended()).toBe('end')
    client.close()
  })
})

describe('a clock of the system that jumps', () => {
  test.each([3_600_000, -3_600_000])('by %d ms ends no exchange, and none lasts less than no time', async (jumpMs) => {
    const origin = await startRawOrigin()
    let jumped = 0
    const { now } = Date
    vi.spyOn(Date, 'now').mockImplementation(() => now() + jumped)
    const { proxy, connect, record, counts } = await startTestProxy()
    const [asking, idle, tunnel] = [await connect(), await connect(), await connect()]
    await tunnel.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await tunnel.readHead()
    const far = await origin.peer(0)
    await asking.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    const peer = await origin.peer(1)
    await peer.readRequest()
    await eventually(() => proxy.connections === 3)

    jumped = jumpMs
    // long enough for the sweep of deadlines to have looked
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    await peer.write(ok('whole'))
    expect((await asking.readResponse()).body).toBe('whole')
    await tunnel.write('still')
    expect(await far.readBytes(5)).toBe('still')
    expect(idle.isClosed).toBe(false)
    const { ms } = await record(0)
    expect(ms.total).toBeGreaterThanOrEqual(0)
    expect(ms.ttfb).toBeGreaterThanOrEqual(0)
    expect(counts.requestMs.sumMs).toBeGreaterThanOrEqual(0)
  })
})
