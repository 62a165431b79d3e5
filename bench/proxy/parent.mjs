// What may stand between a proxy and the origin: a SOCKS5 proxy without authentication that connects where it is asked to, and a relay
// that always connects to the origin and is asked for nothing. They move octets by the same code, so that the handshake is all that
// differs. Run as a child with the port of the origin; writes its ports as a line of JSON.
// Our own, since what a parent writes at a time decides what the bulk costs that is read from it.
import { connect, createServer } from 'node:net'

const GRANTED = Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
const GREETING_OCTETS = 3
/** With an IPv4 address, which the load asks for. */
const REQUEST_OCTETS = 10
const LOOPBACK = '127.0.0.1'

const socks = createServer({ noDelay: true }, async (client) => {
  client.on('error', () => client.destroy())
  try {
    await read(client, GREETING_OCTETS)
    client.write(GRANTED.subarray(0, 2))
    const request = await read(client, REQUEST_OCTETS)
    const host = request.subarray(4, 8).join('.')
    join(client, host, request.readUInt16BE(8), () => client.write(GRANTED))
  } catch {
    client.destroy()
  }
})

const relay = createServer({ noDelay: true }, (client) => join(client, LOOPBACK, Number(process.argv[2]), () => {}))

socks.listen({ port: 0, host: LOOPBACK, backlog: 4096 }, () => {
  relay.listen({ port: 0, host: LOOPBACK, backlog: 4096 }, () => {
    console.log(JSON.stringify({ socks: socks.address().port, relay: relay.address().port }))
  })
})

function join(client, host, port, onConnect) {
  const target = connect({ host, port, noDelay: true }, () => {
    onConnect()
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
}

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
