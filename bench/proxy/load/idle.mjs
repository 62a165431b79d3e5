// Tunnels that are open and silent; at the end each is asked whether it still echoes.
import { once } from 'node:events'
import { connect } from 'node:net'

const OPENING_AT_A_TIME = 64
const ECHO_WITHIN_MS = 5_000

/** @param {import('../load.mjs').Task} task */
export function runIdle({ proxy, echo, connections }) {
  const sockets = []
  return { ready: openAll(proxy, echo, connections, sockets), countAlive: () => countAlive(sockets) }
}

async function openAll(proxy, echo, connections, sockets) {
  for (let opened = 0; opened < connections; opened += OPENING_AT_A_TIME) {
    const some = Array.from({ length: Math.min(OPENING_AT_A_TIME, connections - opened) }, async () => {
      const socket = connect({ port: proxy, host: '127.0.0.1' })
      socket.on('error', () => {})
      socket.write(`CONNECT 127.0.0.1:${echo} HTTP/1.1\r\nHost: 127.0.0.1:${echo}\r\n\r\n`)
      await once(socket, 'data')
      sockets.push(socket)
    })
    await Promise.all(some)
  }
}

async function countAlive(sockets) {
  const echoes = sockets.map(async (socket) => {
    socket.write('?')
    return Promise.race([once(socket, 'data').then(() => 1), timeOut()])
  })
  const answers = await Promise.all(echoes)
  return answers.reduce((sum, alive) => sum + alive, 0)
}

function timeOut() {
  return new Promise((resolve) => setTimeout(resolve, ECHO_WITHIN_MS, 0).unref())
}
