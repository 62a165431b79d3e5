import { noMoreSockets, openSockets } from './open-sockets.js'
import { startRawOrigin } from './raw-origin.js'
import { eventually, type RawPeer } from './raw-peer.js'
import { startTestProxy, type TestProxy, type TestProxyOptions } from './test-proxy.js'

/** Rounds that each must have made beside the fault and after it. */
const LEAST_ROUNDS = 3
/** Between two rounds, in ms: they shall be there all the time, and leave the machine to the fault. */
const PAUSE_MS = 5

/** A proxy that has other things to do than what a test does to it. */
export type BusyProxy = TestProxy & {
  /**
   * Has each of the others make some more rounds and leave, and resolves when no client is left at all.
   * @throws where one of them was not answered as ever
   */
  expectUntouched(): Promise<void>
  /** Closes the proxy as well, and resolves when this process has no more sockets than before it. */
  expectNothingOpen(): Promise<void>
}

/**
 * A proxy with exchanges beside those of the test: a client that asks, one that sends chunks and one in a tunnel, each on a
 * connection of its own from the beginning to the end, whose octets must come back as they are.
 */
export async function startBesideOthers(options: TestProxyOptions = {}): Promise<BusyProxy> {
  const before = openSockets()
  const proxy = await startTestProxy(options)
  const { connect } = proxy
  const origin = await startRawOrigin(echo)
  const others = [
    goRound(await connect(), (peer, text) => peer.write(get(origin.url, text)), response),
    goRound(await connect(), (peer, text) => peer.write(post(origin.url, text)), response),
    goRound(await tunnel(await connect(), origin.authority), (peer, text) => peer.write(`${text};`), echoed),
  ]
  async function expectUntouched(): Promise<void> {
    await Promise.all(others.map((leave) => leave()))
    await eventually(() => proxy.proxy.connections === 0)
    if (proxy.counts.errors.VG_INTERNAL > 0) throw new Error('the proxy met an error of its own')
  }
  return {
    ...proxy,
    expectUntouched,
    async expectNothingOpen() {
      await expectUntouched()
      await proxy.proxy.close({ drainMs: 0 })
      for (const peer of origin.peers) peer.close()
      await origin.stop()
      await noMoreSockets(before)
    },
  }
}

type Send = (peer: RawPeer, text: string) => Promise<void>
type Receive = (peer: RawPeer, length: number) => Promise<string>

/** Goes round and round from now on, until what is returned is called or what comes back is something else. */
function goRound(peer: RawPeer, send: Send, receive: Receive): () => Promise<void> {
  let round = 0
  let last = Number.POSITIVE_INFINITY
  async function go(): Promise<void> {
    while (round < last) {
      const text = `round-${round++}`
      await send(peer, text)
      const got = await receive(peer, text.length)
      if (got !== text) throw new Error(`a bystander got ${JSON.stringify(got)} for ${JSON.stringify(text)}`)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
    peer.close()
  }
  const going = go()
  // told to who asks in the end
  going.catch(() => {})
  return () => {
    last = round + LEAST_ROUNDS
    return going
  }
}

async function tunnel(peer: RawPeer, authority: string): Promise<RawPeer> {
  await peer.write(`CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await peer.readHead()
  return peer
}

const get = (url: string, text: string) => `GET ${url}/${text} HTTP/1.1\r\nHost: x\r\n\r\n`
const post = (url: string, text: string) =>
  `POST ${url}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`

async function response(peer: RawPeer): Promise<string> {
  return (await peer.readResponse()).body
}

function echoed(peer: RawPeer, length: number): Promise<string> {
  return peer.readBytes(length + 1).then((text) => text.slice(0, -1))
}

/** Answers requests with their body or else their path, and gives anything else back. */
async function echo(peer: RawPeer): Promise<void> {
  peer.socket.on('end', () => peer.end())
  await peer.until(() => peer.received.length > 0)
  if (!/^(?:GET|POST)/.test(peer.received)) {
    for (;;) await peer.write(await peer.readPast(';'))
  }
  for (;;) {
    const { startLine, body } = await peer.readRequest()
    const text = body === '' ? (/\/([\w-]*) /.exec(startLine)?.[1] ?? '') : body
    await peer.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`)
  }
}
