import { createSocket } from 'node:dgram'
import { expect, onTestFinished, test } from 'vitest'
import { askOverUdp } from '../../../../src/upstream/dns/ask-over-udp.js'
import type { ReceivedReply } from '../../../../src/upstream/dns/message.js'
import type { ServerAddress } from '../../../../src/upstream/dns/server-address.js'
import { replyTo } from '../../../helpers/dns-reply.js'
import { type Datagram, startUdpPeer } from '../../../helpers/udp-peer.js'

const QUESTION = { id: 4711, host: 'a.test', type: 'A' } as const

function ask(server: ServerAddress): Promise<ReceivedReply | undefined> {
  return new Promise((resolve) => askOverUdp(server, QUESTION, resolve))
}

const answer = ({ message, from, socket }: Datagram, address: string, parts: object = {}) =>
  socket.send(replyTo(message, { addresses: [address], ...parts }), from.port, from.address)

test('takes the first datagram that answers the question and passes over those that only look like it', async () => {
  const server = await startUdpPeer((datagram) => {
    datagram.socket.send('noise', datagram.from.port, datagram.from.address)
    answer(datagram, '192.0.2.66', { id: 4712 })
    answer(datagram, '192.0.2.66', { question: { name: 'b.test' } })
    answer(datagram, '192.0.2.1')
  })
  expect((await ask(server))?.addresses).toEqual(['192.0.2.1'])
})

test('a right answer from another port is not taken', async () => {
  const server = await startUdpPeer((datagram) => {
    const stranger = createSocket('udp4')
    const forged = replyTo(datagram.message, { addresses: ['192.0.2.66'] })
    stranger.send(forged, datagram.from.port, datagram.from.address, () => {
      stranger.close()
      answer(datagram, '192.0.2.1')
    })
  })
  expect((await ask(server))?.addresses).toEqual(['192.0.2.1'])
})

test('every question has a port of its own', async () => {
  const ports = new Set<number>()
  const server = await startUdpPeer((datagram) => {
    ports.add(datagram.from.port)
    answer(datagram, '192.0.2.1')
  })
  await Promise.all(Array.from({ length: 8 }, () => new Promise((resolve) => askOverUdp(server, QUESTION, resolve))))
  expect(ports.size).toBe(8)
})

test('a repeated question comes from the same port with the same id', async () => {
  const seen: string[] = []
  const server = await startUdpPeer((datagram) => {
    seen.push(`${datagram.from.port} ${datagram.message.toString('hex')}`)
    if (seen.length === 3) answer(datagram, '192.0.2.1')
  })
  const reply = new Promise((resolve) => {
    const attempt = askOverUdp(server, QUESTION, resolve)
    // not connected yet: it is sent once all the same
    attempt.repeat()
    const again = setInterval(attempt.repeat, 5)
    onTestFinished(() => clearInterval(again))
  })
  expect(await reply).toMatchObject({ addresses: ['192.0.2.1'] })
  expect(new Set(seen).size).toBe(1)
})

test('hears that nobody listens', async () => {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  expect(await ask({ address: '127.0.0.1', port })).toBeUndefined()
})

test('stopped it says nothing and leaves nothing open, whenever that is', async () => {
  let heard = 0
  const server = await startUdpPeer(() => {
    heard++
  })
  const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind.startsWith('UDP')).length
  const before = sockets()
  const atOnce = askOverUdp(server, QUESTION, () => expect.unreachable())
  atOnce.stop()
  atOnce.stop()
  atOnce.repeat()
  const later = askOverUdp(server, QUESTION, () => expect.unreachable())
  await expect.poll(() => heard).toBe(1)
  later.stop()
  later.repeat()
  await expect.poll(sockets).toBe(before)
})
