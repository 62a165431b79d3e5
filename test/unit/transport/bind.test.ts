import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { bind } from '../../../src/transport/bind.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

function newServer(): Server {
  const server = createServer()
  servers.push(server)
  return server
}

test('a bound server outlives errors of accepting, and tells of each', async () => {
  const server = newServer()
  let told = 0
  await bind(server, { host: '127.0.0.1', port: 0 }, () => told++)
  expect(server.listening).toBe(true)
  expect(() => server.emit('error', new Error('EMFILE'))).not.toThrow()
  expect(told).toBe(1)
})

test.each([
  [
    'a port that is taken',
    async () => ({ port: await takenPort(), host: '127.0.0.1' }),
    /the port is taken; stop what uses it/,
  ],
  [
    'a descriptor that is no socket',
    async () => ({ fd: 99_999 }),
    /cannot listen on descriptor 99999: .*listening TCP socket/,
  ],
  ['an address of another machine', async () => ({ port: 0, host: '192.0.2.1' }), /this machine has no such address/],
] as const)('%s is an error that says what to do', async (_what, place, message) => {
  await expect(bind(newServer(), await place())).rejects.toMatchObject({ name: 'CannotRunError', message })
})

async function takenPort(): Promise<number> {
  const server = newServer()
  await bind(server, { host: '127.0.0.1', port: 0 })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
