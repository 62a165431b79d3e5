import { describe, expect, onTestFinished, test } from 'vitest'
import { startBesideOthers } from '../helpers/bystanders.js'
import { type Fault, type FaultyLink, startFaultyLink } from '../helpers/faulty-link.js'
import { CHUNKED, REQUESTS, SIZED } from '../helpers/framed-messages.js'
import { startRawOrigin } from '../helpers/raw-origin.js'
import { connectRaw, eventually, type RawPeer } from '../helpers/raw-peer.js'
import { startRecordingParent } from '../helpers/recording-parent.js'

/** Long enough that bystanders on a busy machine are not taken for stalled. */
const SHORT_MS = 1_000
const SHORT = {
  headTimeoutMs: SHORT_MS,
  bodyTimeoutMs: SHORT_MS,
  responseTimeoutMs: SHORT_MS,
  idleTimeoutMs: SHORT_MS,
  tunnelIdleTimeoutMs: SHORT_MS,
  connectTimeoutMs: SHORT_MS,
}

/** Runs `exchange` once for each offset, all at a time, over a link that stalls there. */
async function stallAtEach(
  link: FaultyLink,
  length: number,
  fault: (fault: Fault) => Parameters<FaultyLink['set']>[0],
  exchange: (after: number) => Promise<RawPeer>,
  check: (client: RawPeer, after: number) => Promise<void>,
): Promise<void> {
  const checks: Promise<void>[] = []
  for (let after = 0; after < length; after++) {
    link.set(fault({ after, how: 'stall' }))
    const taken = link.taken
    const client = await exchange(after)
    onTestFinished(() => client.close())
    await eventually(() => link.taken > taken)
    checks.push(check(client, after).finally(() => client.close()))
  }
  await Promise.all(checks)
}

describe('a request that stalls at any octet', () => {
  test.each(REQUESTS)(
    '%s gets 408 when its time is up, and never reaches the origin as a whole one',
    async (_what, text) => {
      let whole = 0
      const origin = await startRawOrigin(async (peer) => {
        peer.socket.on('end', () => peer.end())
        await peer.readRequest()
        whole++
      })
      const { port, counts, expectUntouched } = await startBesideOthers({ limits: SHORT })
      const link = await startFaultyLink({ to: port })
      const request = text(origin.url)
      const head = request.indexOf('\r\n\r\n') + 4

      await stallAtEach(
        link,
        request.length,
        (up) => ({ up }),
        async () => {
          const client = await connectRaw(link.port)
          await client.write(request)
          return client
        },
        async (client, after) => {
          // nothing was asked: nobody waits for an answer
          if (after > 0) expect((await client.readResponse()).status, `after ${after}`).toBe(408)
          await client.closed()
          expect(client.received, `after ${after}`).toBe('')
        },
      )
      expect(whole).toBe(0)
      expect(counts.limits.headTimeout).toBe(head - 1)
      expect(counts.limits.bodyTimeout + counts.limits.bodyMinRate).toBe(request.length - head)
      expect(counts.errors).toMatchObject({ VG_HEAD_TIMEOUT: head - 1, VG_BODY_TIMEOUT: request.length - head })
      await expectUntouched()
      await eventually(() => link.open === 0 && origin.open === 0)
    },
  )
})

describe('a response that stalls at any octet', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\nX-A: 1\r\n'

  test.each([
    ['with a length', `${HEAD}${SIZED}`],
    ['in chunks', `${HEAD}${CHUNKED}`],
    ['that ends with the connection', `${HEAD}\r\nhelloyou`],
    ['behind an interim one', `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${HEAD}${SIZED}`],
  ])('%s is a 504, or never taken for whole', async (what, answer) => {
    const origin = await startRawOrigin(async (peer) => {
      peer.socket.on('end', () => peer.end())
      await peer.readRequest()
      await peer.write(answer)
      if (what.includes('ends')) peer.end()
    })
    const { connect, counts, expectUntouched } = await startBesideOthers({ limits: SHORT })
    const link = await startFaultyLink({ to: origin.port })
    const head = answer.lastIndexOf('\r\n\r\n', answer.indexOf('hello')) + 4
    const interim = answer.indexOf(HEAD)

    await stallAtEach(
      link,
      answer.length,
      (down) => ({ down }),
      async () => {
        const client = await connect()
        await client.write(`GET http://127.0.0.1:${link.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
        return client
      },
      async (client, after) => {
        const where = `after ${after}: ${JSON.stringify(answer.slice(0, after).slice(-10))}`
        if (interim > 0 && after >= interim) expect((await client.readHead()).status, where).toBe(103)
        if (after < head) {
          expect((await client.readResponse()).status, where).toBe(504)
          return
        }
        expect((await client.readHead()).status, where).toBe(200)
        // only the end would make it whole where it has no framing
        expect(await client.closed(), where).toBe(what.includes('ends') ? 'reset' : 'end')
        expect(client.received, where).not.toContain('helloyou0')
        expect(client.received.endsWith('0\r\nX-Trailer: 1\r\n\r\n'), where).toBe(false)
        if (what === 'with a length') expect(client.received.length, where).toBe(after - head)
      },
    )
    expect(counts.limits).toMatchObject({ responseTimeout: head, idleTimeout: answer.length - head })
    await expectUntouched()
    await eventually(() => link.open === 0 && origin.open === 0)
  })
})

describe('a tunnel that stalls', () => {
  test.each(['up', 'down'] as const)('%s at any octet ends when its time is up, on both sides', async (way) => {
    const origin = await startRawOrigin(async (peer) => {
      peer.socket.on('end', () => peer.end())
      for (;;) await peer.write(await peer.readBytes(4))
    })
    const { connect, counts, expectUntouched } = await startBesideOthers({ limits: SHORT })
    const link = await startFaultyLink({ to: origin.port })
    await stallAtEach(
      link,
      9,
      (fault) => ({ [way]: fault }),
      async () => {
        const client = await connect()
        await client.write(`CONNECT 127.0.0.1:${link.port} HTTP/1.1\r\nHost: x\r\n\r\n1234567890ab`)
        return client
      },
      async (client, after) => {
        expect((await client.readHead()).status).toBe(200)
        await client.closed()
        expect(client.received).toBe('12345678'.slice(0, way === 'up' ? after - (after % 4) : after))
      },
    )
    expect(counts.limits.tunnelIdleTimeout).toBe(9)
    await expectUntouched()
    await eventually(() => origin.open === 0)
  })

  test('because its origin does not read ends when its time is up, on both sides', async () => {
    const origin = await startRawOrigin((peer) => void peer.socket.pause())
    const { connect, counts, expectUntouched } = await startBesideOthers({ limits: SHORT })
    const client = await connect()
    await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await client.readHead()
    client.socket.write(Buffer.alloc(64 * 1_048_576))
    await client.ended()
    client.close()
    expect(counts.limits.tunnelIdleTimeout).toBe(1)
    await expectUntouched()
  })
})

describe('an upstream that stalls at any octet of what it answers', () => {
  test.each([
    ['http', 'HTTP/1.1 200 OK\r\n\r\n'.length],
    ['socks5h', 12],
    ['socks4a', 8],
  ])('%s is given up with 503 when the time is up', async (scheme, length) => {
    const origin = await startRawOrigin((peer) => void peer.socket.on('end', () => peer.end()))
    const parent = await startRecordingParent({ names: { 'stalls.test': '127.0.0.1' } })
    const link = await startFaultyLink({ to: parent.port })
    const { connect, expectUntouched } = await startBesideOthers({
      limits: SHORT,
      upstreams: { up: { hops: [`${scheme}://127.0.0.1:${link.port}`], tor: false, ca: undefined } },
      route: [
        { match: ['stalls.test'], via: 'up', anonymous: false },
        { match: ['*'], via: 'direct', anonymous: false },
      ],
    })
    await stallAtEach(
      link,
      length,
      (down) => ({ down }),
      async () => {
        const client = await connect()
        await client.write(`CONNECT stalls.test:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`)
        return client
      },
      async (client, after) => {
        expect((await client.readResponse()).status, `after ${after}`).toBe(503)
      },
    )
    await expectUntouched()
    await eventually(() => link.open === 0 && parent.open === 0 && origin.open === 0)
  })
})
