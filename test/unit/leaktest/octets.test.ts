import { expect, test } from 'vitest'
import { readOctets } from '../../../src/leaktest/octets.js'
import { socketPair } from '../../helpers/socket-pair.js'

test('pieces are taken in order, whatever segments they came in', async () => {
  const [near, far] = await socketPair()
  const octets = readOctets(far)
  for (const piece of ['a', 'bc\r', '\nd', 'ef']) near.write(piece)
  expect((await octets.take(2)).toString()).toBe('ab')
  expect(await octets.until('\r\n', 10)).toBe('c\r\n')
  expect((await octets.take(3)).toString()).toBe('def')
  expect(octets.text).toBe('abc\r\ndef')
})

test('octets stay octets', async () => {
  const [near, far] = await socketPair()
  const octets = readOctets(far)
  near.write(Buffer.from([0, 255, 128, 10]))
  expect([...(await octets.take(4))]).toEqual([0, 255, 128, 10])
  expect(octets.text).toBe('\0\xff\x80\n')
})

test('what is not there when the other side ends never comes', async () => {
  const [near, far] = await socketPair()
  const octets = readOctets(far)
  near.end('abc')
  await expect(octets.take(4)).rejects.toThrow('the other side ended')
  // and what had come is still there
  expect((await octets.take(3)).toString()).toBe('abc')
  await expect(octets.until('x', 10)).rejects.toThrow('the other side ended')
})

test('an abort in the middle ends the reading', async () => {
  const [near, far] = await socketPair()
  far.on('error', () => {})
  const octets = readOctets(far)
  near.write('ab')
  expect((await octets.take(2)).toString()).toBe('ab')
  const rest = octets.take(1)
  near.resetAndDestroy()
  await expect(rest).rejects.toThrow('the other side ended')
})

test('a mark that does not come is not waited for without end', async () => {
  const [near, far] = await socketPair()
  const octets = readOctets(far)
  near.write('x'.repeat(11))
  await expect(octets.until('\r\n', 10)).rejects.toThrow('too long')
})

test('what was received and not taken is released, and what follows is still written down', async () => {
  const [near, far] = await socketPair()
  const octets = readOctets(far)
  near.write('headrest')
  await octets.until('head', 10)
  expect(octets.release().toString()).toBe('rest')
  const more = new Promise((resolve) => far.once('data', resolve))
  near.write('more')
  await more
  expect(octets.text).toBe('headrestmore')
})
