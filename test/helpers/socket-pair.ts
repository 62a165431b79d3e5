import { type AddressInfo, connect, createServer, type OnReadOpts, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Two ends of one TCP connection on 127.0.0.1, half-open allowed, without listeners; gone when the test ends. `options` are of the near one. */
export async function socketPair(options: { onread?: OnReadOpts } = {}): Promise<readonly [near: Socket, far: Socket]> {
  const server = createServer({ allowHalfOpen: true, noDelay: true })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const { port } = server.address() as AddressInfo
  const near = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true, ...options })
  await new Promise<void>((resolve, reject) => {
    near.once('connect', resolve)
    near.once('error', reject)
  })
  near.removeAllListeners('error')
  const far = await accepted
  server.close()
  onTestFinished(() => {
    for (const socket of [near, far]) {
      socket.on('error', () => {})
      socket.destroy()
    }
  })
  return [near, far]
}

/** Everything a socket sends until it ends, as latin1. */
export function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('end', () => resolve(text))
    socket.on('error', reject)
  })
}
