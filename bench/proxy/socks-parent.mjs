// A SOCKS5 proxy without authentication that connects where it is asked to. Run as a child; writes its port as a line of JSON.
// Our own, since what a parent writes at a time decides what the bulk costs that is read from it: this one as much as the origin.
import { connect, createServer } from 'node:net'

const GRANTED = Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
const GREETING_OCTETS = 3
/** With an IPv4 address, which the load asks for. */
const REQUEST_OCTETS = 10

const server = createServer({ noDelay: true }, async (client) => {
  client.on('error', () => client.destroy())
  try {
    await read(client, GREETING_OCTETS)
    client.write(GRANTED.subarray(0, 2))
    const request = await read(client, REQUEST_OCTETS)
    const host = request.subarray(4, 8).join('.')
    const target = connect({ host, port: request.readUInt16BE(8), noDelay: true }, () => {
      client.write(GRANTED)
      client.pipe(target)
      target.pipe(client)
    })
    for (const [one, other] of [
      [client, target],
      [target, client],
    ]) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  } catch {
    client.destroy()
  }
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => console.log(server.address().port))

/** The next octets, exactly so many: nothing more is sent before they are answered. */
function read(socket, octets) {
  return new Promise((resolve, reject) => {
    let all = Buffer.alloc(0)
    const onData = (bytes) => {
      all = Buffer.concat([all, bytes])
      if (all.length < octets) return
      socket.off('data', onData)
      socket.off('close', reject)
      resolve(all)
    }
    socket.on('data', onData)
    socket.on('close', reject)
  })
}
