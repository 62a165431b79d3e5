import { expect, test } from 'vitest'
import { ProxyError } from '../../../src/errors.js'
import { type Handshake, MORE, type Progress, shakeHands } from '../../../src/upstream/handshake.js'
import type { Conversation } from '../../../src/upstream/wire.js'

/** A wire that writes down what is said, and a handshake that makes of each answer what the test says. */
function setUp(progress: readonly Progress[]) {
  const said: string[] = []
  const dones: (string | undefined)[] = []
  let hear = (_octets: Buffer) => {}
  let lose = () => {}
  const conversation: Conversation = {
    say: (octets) => said.push(octets?.toString() ?? 'more'),
    stop: (unread) => said.push(`stop ${unread?.toString() ?? ''}`),
  }
  const wire = {
    converse(_socket: number, onOctets: (octets: Buffer) => void, onLost: () => void) {
      hear = onOctets
      lose = onLost
      return conversation
    },
  }
  let received = 0
  const handshake: Handshake = {
    opening: Buffer.from('opening'),
    receive: () => progress[received++] ?? MORE,
  }
  const cancel = shakeHands(wire, 1, handshake, (error) => dones.push(error?.code))
  return { said, dones, hear: () => hear(Buffer.from('x')), lose: () => lose(), cancel }
}

test('says what the handshake says, and goes on until it is granted', () => {
  const { said, dones, hear } = setUp([
    MORE,
    { outcome: 'send', octets: Buffer.from('second') },
    { outcome: 'granted', unread: Buffer.from('early') },
  ])
  for (let i = 0; i < 3; i++) hear()
  expect(said).toEqual(['opening', 'more', 'second', 'stop early'])
  expect(dones).toEqual([undefined])
})

test('tells why it failed', () => {
  const { said, dones, hear } = setUp([{ outcome: 'failed', error: new ProxyError('VG_UPSTREAM_DENIED') }])
  hear()
  expect([said, dones]).toEqual([['opening', 'stop '], ['VG_UPSTREAM_DENIED']])
})

test('a connection that ends before the answer is the fault of the proxy', () => {
  const { dones, hear, lose } = setUp([MORE])
  hear()
  lose()
  expect(dones).toEqual(['VG_UPSTREAM_UNAVAILABLE'])
})

test('a cancel ends the conversation', () => {
  const { said, dones, cancel } = setUp([])
  cancel()
  expect([said, dones]).toEqual([['opening', 'stop '], []])
})
