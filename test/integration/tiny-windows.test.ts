import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startBesideOthers } from '../helpers/bystanders.js'
import { startRawOrigin } from '../helpers/raw-origin.js'
import { connectRaw, eventually } from '../helpers/raw-peer.js'
import { hasCommand } from '../helpers/run-command.js'

const RELAY = fileURLToPath(new URL('../helpers/small-windows.py', import.meta.url))
const BODY = randomBytes(40_000).toString('latin1')

// a window that has closed may open only when a timer of the kernel asks
vi.setConfig({ testTimeout: 60_000 })

const digest = (text: string) => createHash('sha256').update(text, 'latin1').digest('hex')
const chunked = (text: string) =>
  `Transfer-Encoding: chunked\r\n\r\n${text.replace(/.{1,997}/gs, (part) => `${part.length.toString(16)}\r\n${part}\r\n`)}0\r\n\r\n`

/** A port that leads to another by windows of a few kilobytes, 64 octets at a time. */
async function startSmallWindows(to: number): Promise<number> {
  const child = spawn('python3', [RELAY, String(to)], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [port] = await once(child.stdout, 'data')
  return Number(String(port))
}

test.skipIf(!hasCommand('python3')).each([
  [
    'a request and its answer, with a length',
    (url: string) => `POST ${url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
    `Content-Length: ${BODY.length}\r\n\r\n${BODY}`,
  ],
  [
    'a request and its answer, in chunks',
    (url: string) => `POST ${url}/ HTTP/1.1\r\nHost: x\r\n${chunked(BODY)}`,
    chunked(BODY),
  ],
])('%s pass windows of a few kilobytes on both sides whole', async (_what, text, answer) => {
  let received = ''
  const origin = await startRawOrigin(async (peer) => {
    peer.socket.on('end', () => peer.end())
    received = (await peer.readRequest()).body
    await peer.write(`HTTP/1.1 200 OK\r\n${answer}`)
  })
  const proxy = await startBesideOthers()
  const [near, far] = [await startSmallWindows(proxy.port), await startSmallWindows(origin.port)]
  const client = await connectRaw(near)
  onTestFinished(() => client.close())
  client.socket.write(Buffer.from(text(`http://127.0.0.1:${far}`), 'latin1'))
  const { status, body } = await client.readResponse()
  expect([status, digest(body), digest(received)]).toEqual([200, digest(BODY), digest(BODY)])
  client.close()
  await proxy.expectUntouched()
})

test.skipIf(!hasCommand('python3'))('a tunnel passes them whole, half-closed too, and ends as it should', async () => {
  let received = ''
  const origin = await startRawOrigin(async (peer) => {
    received = await peer.readBytes(BODY.length)
    await peer.ended()
    peer.socket.write(Buffer.from(BODY, 'latin1'))
    peer.end()
  })
  const proxy = await startBesideOthers()
  const [near, far] = [await startSmallWindows(proxy.port), await startSmallWindows(origin.port)]
  const client = await connectRaw(near)
  onTestFinished(() => client.close())
  await client.write(`CONNECT 127.0.0.1:${far} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await client.readHead()
  client.socket.write(Buffer.from(BODY, 'latin1'))
  client.end()
  expect(digest(await client.readBytes(BODY.length))).toBe(digest(BODY))
  expect(await client.ended()).toBe('end')
  expect(digest(received)).toBe(digest(BODY))
  await proxy.expectUntouched()
  await eventually(() => origin.open === 0)
})
