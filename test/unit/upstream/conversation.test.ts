import { expect, test } from 'vitest'
import { converse, ignoreError } from '../../../src/upstream/conversation.js'
import { eventually } from '../../helpers/raw-peer.js'
import { readAll, socketPair } from '../../helpers/socket-pair.js'

test('reads until it is told to stop, and puts back what is not its own', async () => {
  const [near, far] = await socketPair()
  const listeners = () => ['data', 'end', 'error', 'close'].map((event) => near.listenerCount(event))
  const before = listeners()
  const read: string[] = []
  const conversation = converse(
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

test.each([
  ['end', undefined],
  ['reset', 'ECONNRESET'],
] as const)('tells of an %s once', async (how, code) => {
  const [near, far] = await socketPair()
  const lost: unknown[] = []
  converse(near, ignoreError, (error) => lost.push(error))
  if (how === 'end') far.end()
  else far.resetAndDestroy()
  await eventually(() => lost.length > 0)
  near.destroy()
  await eventually(() => near.closed)
  expect(lost).toEqual([code === undefined ? undefined : expect.objectContaining({ code })])
})

test('can be taken up again by the next one on the same socket', async () => {
  const [near, far] = await socketPair()
  const read: string[] = []
  const first = converse(near, (chunk) => first.stop(chunk), ignoreError)
  far.write('a')
  await eventually(() => near.listenerCount('data') === 0)
  const second = converse(
    near,
    (chunk) => {
      read.push(chunk.toString())
      if (read.join('').length === 2) second.stop()
    },
    ignoreError,
  )
  far.write('b')
  await eventually(() => read.join('') === 'ab')
})
