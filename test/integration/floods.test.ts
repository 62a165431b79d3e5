import { describe, expect, test } from 'vitest'
import { type BusyProxy, startBesideOthers } from '../helpers/bystanders.js'
import { pour } from '../helpers/pour.js'
import { ok, type RawOrigin, startRawOrigin } from '../helpers/raw-origin.js'
import { eventually, type RawPeer } from '../helpers/raw-peer.js'

/** As many as an exchange may have: see MAX_INTERIM_RESPONSES. */
const ALLOWED = 32
const MIB = 1_048_576
/** What kernels may hold of a connection; a proxy that read on would be sent all. */
const MOST_TAKEN = 24 * MIB
const HINT = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
const HUGE_HINT = `HTTP/1.1 103 Early Hints\r\nLink: </${'a'.repeat(60_000)}>\r\n\r\n`
const TAIL = '0\r\n\r\n'

const get = (url: string, version = '1.1') => `GET ${url}/ HTTP/${version}\r\nHost: x\r\n\r\n`
const postChunks = (url: string) => `POST ${url}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`

/** An origin that answers a request head with `answer`, once. */
function answeringHead(answer: (peer: RawPeer) => Promise<void>): Promise<RawOrigin> {
  return startRawOrigin(async (peer) => {
    peer.socket.on('end', () => peer.end())
    await peer.readPast('\r\n\r\n')
    await answer(peer)
  })
}

/** Pours a text that is said again and again. */
function pourText(peer: RawPeer, text: string): Promise<number> {
  return pour(peer, Buffer.from(text.repeat(Math.ceil(65_536 / text.length))))
}

/** The first response that is no interim one. */
async function finalResponse(client: RawPeer) {
  for (;;) {
    const response = await client.readResponse()
    if (response.status >= 200) return response
  }
}

async function expectOver({ expectUntouched }: BusyProxy, client: RawPeer, ...others: RawOrigin[]): Promise<void> {
  client.close()
  await expectUntouched()
  await eventually(() => others.every(({ open }) => open === 0))
}

describe('interim responses of an origin', () => {
  test('are passed on up to their limit, and the answer behind them', async () => {
    const origin = await answeringHead((peer) => peer.write(HINT.repeat(ALLOWED) + ok('page')))
    const proxy = await startBesideOthers()
    const client = await proxy.connect()
    await client.write(get(origin.url))
    for (let i = 0; i < ALLOWED; i++) expect((await client.readResponse()).status).toBe(103)
    expect((await client.readResponse()).body).toBe('page')
  })

  test.each([
    ['small ones', get, HINT],
    ['small ones to HTTP/1.0', (url: string) => get(url, '1.0'), HINT],
    ['large ones', get, HUGE_HINT],
    ['ones within an upload', (url: string) => `${postChunks(url)}5\r\nhello\r\n`, HINT],
    [
      'ones to an upgrade',
      (url: string) => get(url).replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
      HINT,
    ],
  ])('without end, %s, are a 502, and the origin is let go', async (_what, text, hint) => {
    let taken = 0
    const origin = await answeringHead(async (peer) => {
      taken = await pourText(peer, hint)
    })
    const proxy = await startBesideOthers()
    const client = await proxy.connect()
    await client.write(text(origin.url))
    const { status, fields } = await finalResponse(client)
    expect(status).toBe(502)
    expect(fields['proxy-status']).toContain('http_protocol_error')
    await (await origin.peer(0)).closed()
    expect(taken).toBeLessThan(MOST_TAKEN)
    await expectOver(proxy, client, origin)
  })

  test('to a client that does not read wait for nobody: no more than their limit is held', async () => {
    let taken = 0
    const origin = await answeringHead(async (peer) => {
      taken = await pourText(peer, HUGE_HINT)
    })
    const proxy = await startBesideOthers()
    const client = await proxy.connect()
    client.socket.pause()
    await client.write(get(origin.url))
    await (await origin.peer(0)).closed()
    expect(taken).toBeLessThan(MOST_TAKEN)
    client.socket.resume()
    expect((await finalResponse(client)).status).toBe(502)
    await expectOver(proxy, client, origin)
  })
})

describe('interim responses of an upstream', () => {
  test.each([
    ['CONNECT', (target: string) => `CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['GET', (target: string) => get(`http://${target}`)],
  ])('to %s without end are a 502, and it is let go', async (_method, text) => {
    let taken = 0
    const parent = await answeringHead(async (peer) => {
      taken = await pourText(peer, HINT)
    })
    const proxy = await startBesideOthers({
      upstreams: { up: { hops: [`http://${parent.authority}`], tor: false, ca: undefined } },
      route: [
        { match: ['a.test'], via: 'up', anonymous: false },
        { match: ['*'], via: 'direct', anonymous: false },
      ],
    })
    const client = await proxy.connect()
    await client.write(text('a.test:80'))
    expect((await finalResponse(client)).status).toBe(502)
    await (await parent.peer(0)).closed()
    expect(taken).toBeLessThan(MOST_TAKEN)
    await expectOver(proxy, client, parent)
  })
})

describe('chunk extensions', () => {
  const allowed = `5;${'a'.repeat(4_000)}\r\nhello\r\n`

  test('that are long go no further, and what they stand at does, both ways', async () => {
    const origin = await startRawOrigin(async (peer) => {
      const { raw } = await peer.readRequest()
      await peer.write(
        `HTTP/1.1 200 OK\r\nX-Seen: ${raw.length}\r\nTransfer-Encoding: chunked\r\n\r\n${allowed}${TAIL}`,
      )
    })
    const proxy = await startBesideOthers()
    const client = await proxy.connect()
    await client.write(`${postChunks(origin.url)}${allowed}${TAIL}`)
    const { fields, raw } = await client.readResponse()
    expect(raw).toBe(`5\r\nhello\r\n${TAIL}`)
    expect(fields['x-seen']).toBe(String(raw.length))
  })

  const ENDLESS = [
    ['in one line', '5;', 'a'],
    ['in quotes', '5;a="', 'b\\"'],
    ['by the million', '5', ';a=b'],
    ['at each of many chunks', '', `1;${'a'.repeat(100)}\r\nZ\r\n`],
  ] as const

  test.each(ENDLESS)(
    'of a request without end, %s, are a 400, and never a whole request',
    async (_what, start, more) => {
      let seen = ''
      const origin = await startRawOrigin(async (peer) => {
        peer.socket.on('end', () => peer.end())
        await peer.ended()
        seen = peer.received
      })
      const proxy = await startBesideOthers()
      const client = await proxy.connect()
      await client.write(`${postChunks(origin.url)}${start}`)
      const poured = pourText(client, more)
      expect((await client.readResponse()).status).toBe(400)
      expect(await poured).toBeLessThan(MOST_TAKEN)
      await (await origin.peer(0)).closed()
      expect(seen).not.toContain(TAIL)
      expect(seen.length).toBeLessThan(4_096)
      await expectOver(proxy, client, origin)
    },
  )

  test.each(ENDLESS)('of an answer without end, %s, never look whole', async (_what, start, more) => {
    let taken = 0
    const origin = await answeringHead(async (peer) => {
      await peer.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${start}`)
      taken = await pourText(peer, more)
    })
    const proxy = await startBesideOthers()
    const client = await proxy.connect()
    await client.write(get(origin.url))
    // an answer of ours where nothing of the other has gone out yet
    expect([200, 502]).toContain((await client.readHead()).status)
    await (await origin.peer(0)).closed()
    expect(await client.ended()).toBe('end')
    expect(client.received).not.toContain(TAIL)
    expect(taken).toBeLessThan(MOST_TAKEN)
    await expectOver(proxy, client, origin)
  })
})
