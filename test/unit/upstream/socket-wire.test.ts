import { expect, test } from 'vitest'
import { socketWire } from '../../../src/upstream/socket-wire.js'
import { eventually } from '../../helpers/raw-peer.js'
import { readAll, socketPair } from '../../helpers/socket-pair.js'

test('reads until it is told to stop, and puts back what is not its own', async () => {
  const [near, far] = await socketPair()
  const listeners = () => ['data', 'end', 'error', 'close'].map((event) => near.listenerCount(event))
  const before = listeners()
  const read: string[] = []
  const conversation = socketWire.converse(
    near,
    (chunk) => {
      read.push(chunk.toString())
      conversation.stop(chunk.subarray(3))
    },
    () => read.push('lost'),
  )
  far.write('ourtheirs')
  await eventually(() => read.length > 0)
  expect(listeners()).toEqual(before)
  expect(near.readableFlowing).toBe(false)
  far.end(' and more')
  const rest = readAll(near)
  near.resume()
  expect(await rest).toBe('theirs and more')
  expect(read).toEqual(['ourtheirs'])
})

test('says what it is told to', async () => {
  const [near, far] = await socketPair()
  const conversation = socketWire.converse(
    near,
    () => {},
    () => {},
  )
  conversation.say(Buffer.from('asked'))
  conversation.say()
  far.resume()
  const heard = new Promise((resolve) => far.once('data', (octets) => resolve(octets.toString())))
  expect(await heard).toBe('asked')
})

test.each(['end', 'reset'])('tells of an %s once', async (how) => {
  const [near, far] = await socketPair()
  const lost: unknown[] = []
  socketWire.converse(
    near,
    () => {},
    () => lost.push(how),
  )
  if (how === 'end') far.end()
  else far.resetAndDestroy()
  await eventually(() => lost.length > 0)
  near.destroy()
  await eventually(() => near.closed)
  expect(lost).toEqual([how])
})

test('can be taken up again by the next one on the same socket', async () => {
  const [near, far] = await socketPair()
  const read: string[] = []
  const first = socketWire.converse(
    near,
    (chunk) => first.stop(chunk),
    () => {},
  )
  far.write('a')
  await eventually(() => near.listenerCount('data') === 0)
  const second = socketWire.converse(
    near,
    (chunk) => {
      read.push(chunk.toString())
      if (read.join('').length === 2) second.stop()
    },
    () => {},
  )
  far.write('b')
  await eventually(() => read.join('') === 'ab')
})

test('a socket that is destroyed breaks nothing, and tells that it has closed', async () => {
  const [near, far] = await socketPair()
  let closed = 0
  socketWire.onClosed(near, () => closed++)
  far.resetAndDestroy()
  near.write('lost')
  socketWire.destroy(near)
  await eventually(() => closed === 1)
})
