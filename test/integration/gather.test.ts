import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { TEST_ENGINE } from '../helpers/engines.js'
import { openPipes } from '../helpers/open-sockets.js'
import { turn } from '../helpers/raw-peer.js'
import { startTestProxy } from '../helpers/test-proxy.js'

/*
 * native/src/gather.cc and src/transport/gathering.ts: what comes fast and in small portions waits for up to 4 ms for more. Here a
 * portion is sent in each turn of the loop that clients, proxy and origin share; so a client sees each by itself, unless they gathered.
 */
const PORTION = randomBytes(4_096)
const MIB = 1_048_576

/** Both ends of a tunnel, on sockets of Node's. */
async function openTunnel() {
  const server = createServer({ allowHalfOpen: true, noDelay: true })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  const proxy = await startTestProxy()
  const client = connect({ host: '127.0.0.1', port: proxy.port, allowHalfOpen: true, noDelay: true })
  const accepted = once(server, 'connection') as Promise<[Socket]>
  client.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await once(client, 'data')
  const [origin] = await accepted
  onTestFinished(() => {
    client.destroy()
    origin.destroy()
    server.close()
  })
  for (const socket of [client, origin]) socket.on('error', () => {})
  return { client, origin }
}

/** A portion in each turn, as long as the kernel takes them. */
async function pour(to: Socket, octets: number): Promise<void> {
  for (let sent = 0; sent < octets; sent += PORTION.length) {
    if (!to.write(PORTION)) await once(to, 'drain')
    await turn()
  }
}

/** What arrives: how many octets, in how many pieces, and their digest. */
function receive(from: Socket) {
  const hash = createHash('sha256')
  const seen = { octets: 0, pieces: 0, digest: () => hash.digest('hex') }
  from.on('data', (data: Buffer) => {
    seen.octets += data.length
    seen.pieces++
    hash.update(data)
  })
  return { seen, until: (octets: number) => expect.poll(() => seen.octets).toBe(octets) }
}

/** How many times larger the pieces of a long transfer arrive than those of one that is too short to gather. */
async function growthOfPieces(sender: Socket, { seen, until }: ReturnType<typeof receive>, onLong = () => {}) {
  await pour(sender, MIB / 2)
  await until(MIB / 2)
  const before = seen.octets / seen.pieces
  seen.pieces = 0
  onLong()
  await pour(sender, 24 * MIB)
  await until(24.5 * MIB)
  return (24 * MIB) / seen.pieces / before
}

function digestOf(octets: number): string {
  const hash = createHash('sha256')
  for (let sent = 0; sent < octets; sent += PORTION.length) hash.update(PORTION)
  return hash.digest('hex')
}

const WAYS = [
  ['down', ({ client, origin }: Awaited<ReturnType<typeof openTunnel>>) => [origin, client] as const],
  ['up', ({ client, origin }: Awaited<ReturnType<typeof openTunnel>>) => [client, origin] as const],
] as const

describe.each(WAYS)('a fast transfer in small portions, %s,', (_name, waysOf) => {
  test('gathers, and its last octets arrive although nothing follows', async () => {
    const [sender, receiver] = waysOf(await openTunnel())
    const received = receive(receiver)
    expect(await growthOfPieces(sender, received)).toBeGreaterThan(1.5)
    // nothing is left that holds anything up
    receiver.write('answer')
    expect(String((await once(sender, 'data'))[0])).toBe('answer')
    sender.write('question')
    await received.until(24.5 * MIB + 8)
  })

  test('arrives whole where it ends with FIN, and where its reader stops for a while', async () => {
    const [sender, receiver] = waysOf(await openTunnel())
    const { seen } = receive(receiver)
    const ended = once(receiver, 'end')
    await pour(sender, 12 * MIB)
    receiver.pause()
    const rest = pour(sender, 20 * MIB)
    await new Promise((resolve) => setTimeout(resolve, 100))
    receiver.resume()
    await rest
    sender.end()
    await ended
    expect([seen.octets, seen.digest()]).toEqual([32 * MIB, digestOf(32 * MIB)])
    // the other direction lives on
    receiver.end('bye')
    expect(String((await once(sender, 'data'))[0])).toBe('bye')
  })

  test('is not left to gather where it is answered: its sender may wait for that', async () => {
    const [sender, receiver] = waysOf(await openTunnel())
    sender.resume()
    const answer = () => void receiver.on('data', () => receiver.write('.'))
    expect(await growthOfPieces(sender, receive(receiver), answer)).toBeLessThan(1.5)
  })

  test('goes on where its sender begins to wait for an answer to each portion', async () => {
    const [sender, receiver] = waysOf(await openTunnel())
    const { seen, until } = receive(receiver)
    await pour(sender, 12 * MIB)
    await until(12 * MIB)
    for (let round = 1; round <= 200; round++) {
      sender.write(PORTION)
      await until(12 * MIB + round * PORTION.length)
      receiver.write('.')
      await once(sender, 'data')
    }
    expect(seen.digest()).toBe(digestOf(12 * MIB + 200 * PORTION.length))
  })

  test('is delivered up to where it is reset', async () => {
    const [sender, receiver] = waysOf(await openTunnel())
    const { seen } = receive(receiver)
    const closed = new Promise((resolve) => receiver.once('close', resolve).once('end', resolve))
    await pour(sender, 12 * MIB)
    while (seen.octets < 12 * MIB) await turn()
    sender.write(Buffer.concat(Array<Buffer>(16).fill(PORTION)))
    await turn()
    sender.resetAndDestroy()
    await closed
    expect(seen.octets).toBe(12 * MIB + 16 * PORTION.length)
  })

  test('that is reset is told as reset at once', async () => {
    const [sender, receiver] = waysOf(await openTunnel())
    const { until } = receive(receiver)
    await pour(sender, 12 * MIB)
    await until(12 * MIB)
    const errors: string[] = []
    receiver.on('error', ({ message }) => errors.push(message))
    const closed = new Promise((resolve) => receiver.once('close', resolve))
    sender.resetAndDestroy()
    await closed
    expect(errors).toEqual(['read ECONNRESET'])
  })
})

test.runIf(TEST_ENGINE === 'native')('transfers that gather share their pipes', async () => {
  const tunnels = []
  for (let count = 0; count < 24; count++) tunnels.push(await openTunnel())
  for (const { client } of tunnels) client.resume()
  const before = openPipes() ?? 0
  const pours = Promise.all(tunnels.map(({ origin }) => pour(origin, 8 * MIB)))
  const samples: number[] = []
  let isOver = false
  void pours.then(() => {
    isOver = true
  })
  while (!isOver) {
    samples.push((openPipes() ?? 0) - before)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  // two descriptors each, of which the sixteen are kept that were used last; while clients take no more, each transfer holds its own
  expect(samples.filter((count) => count > 2 * 18).length).toBeLessThan(samples.length / 2)
})

const POURING_ORIGIN = fileURLToPath(new URL('../helpers/pouring-origin.py', import.meta.url))

/** Holds the loop, the proxy's among it, while others go on. */
function holdLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

test('a reset right behind a FIN is a reset, whichever of them is met first', async () => {
  // so many that some wait for their turn to be read when it comes
  const count = 32
  const origin = spawn('python3', [POURING_ORIGIN, String(count)], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void origin.kill())
  const port = Number(String((await once(origin.stdout, 'data'))[0]))
  const proxy = await startTestProxy()
  const received: ReturnType<typeof receive>[] = []
  const endings: Promise<string>[] = []
  for (let opened = 0; opened < count; opened++) {
    const client = connect({ host: '127.0.0.1', port: proxy.port, allowHalfOpen: true })
    onTestFinished(() => void client.destroy())
    client.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(client, 'data')
    received.push(receive(client))
    endings.push(
      new Promise((resolve) => client.on('error', ({ message }) => resolve(message)).on('end', () => resolve('end'))),
    )
  }
  origin.stdin.write('w'.repeat(8))
  for (const { until } of received) await until(8 * MIB)
  origin.stdin.write('w')
  holdLoop(100)
  await turn()
  origin.stdin.write('r')
  holdLoop(100)
  expect(new Set(await Promise.all(endings))).toEqual(new Set(['read ECONNRESET']))
})
