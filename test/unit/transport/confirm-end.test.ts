import { expect, test } from 'vitest'
import { confirmEnd } from '../../../src/transport/confirm-end.js'
import { socketPair } from '../../helpers/socket-pair.js'

/** What `confirmEnd` says of the end of a socket; or the error that took the place of the end, as Node 24 may tell of a reset. */
async function endOf(how: 'FIN' | 'reset'): Promise<unknown> {
  const [peer, socket] = await socketPair()
  const told = new Promise((resolve) => {
    socket.on('error', resolve).on('end', () => confirmEnd(socket, resolve))
  })
  socket.resume()
  peer.write('data')
  if (how === 'FIN') peer.end()
  else peer.resetAndDestroy()
  return await told
}

test('an end is one', async () => {
  expect(await endOf('FIN')).toBeFalsy()
})

test('a reset right behind data, which is told as an end, is none', async () => {
  expect(await endOf('reset')).toBeInstanceOf(Error)
})
