// Tunnels that carry as much as they can, down from the origin or up to it.
import { connect } from 'node:net'

const CHUNK = Buffer.alloc(65_536, 'x')

/**
 * @param {import('../load.mjs').Task} task
 * @param {{ bytes: number, errors: number }} counted
 */
export function runBulk({ mode, proxy, http, connections }, counted) {
  const origin = `127.0.0.1:${http}`
  for (let i = 0; i < connections; i++) {
    const socket = connect({ port: proxy, host: '127.0.0.1', noDelay: true })
    socket.write(`CONNECT ${origin} HTTP/1.1\r\nHost: ${origin}\r\n\r\n`)
    socket.on('error', () => {
      counted.errors++
    })
    socket.once('data', () => {
      if (mode === 'up') return sendUp(socket, origin, counted)
      socket.write(`GET /stream HTTP/1.1\r\nHost: ${origin}\r\n\r\n`)
      socket.on('data', (bytes) => {
        counted.bytes += bytes.length
      })
    })
  }
}

function sendUp(socket, origin, counted) {
  socket.write(`POST /sink HTTP/1.1\r\nHost: ${origin}\r\nContent-Length: 999999999999\r\n\r\n`)
  const fill = () => {
    do counted.bytes += CHUNK.length
    while (socket.write(CHUNK))
  }
  socket.on('drain', fill)
  fill()
}
