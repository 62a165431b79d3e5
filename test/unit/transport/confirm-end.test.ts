import { once } from 'node:events'
import { expect, test } from 'vitest'
import { confirmEnd } from '../../../src/transport/confirm-end.js'
import { socketPair } from '../../helpers/socket-pair.js'

async function endOf(how: 'FIN' | 'reset') {
  const [peer, socket] = await socketPair()
  socket.on('error', () => {}).resume()
  const ended = once(socket, 'end')
  peer.write('data')
  if (how === 'FIN') peer.end()
  else peer.resetAndDestroy()
  await ended
  return await new Promise((resolve) => confirmEnd(socket, resolve))
}

test('an end is one', async () => {
  expect(await endOf('FIN')).toBeFalsy()
})

test('a reset right behind data, which is told as an end, is none', async () => {
  expect(await endOf('reset')).toBeInstanceOf(Error)
})
