// Tunnels that are open and silent; at the end each is asked whether it still echoes.
import { once } from 'node:events'
import { connect } from 'node:net'

const OPENING_AT_A_TIME = 64
/** More than one client: no limit of a single one is met, and no address runs out of ports. */
const TUNNELS_PER_CLIENT = 3_000
const ECHO_WITHIN_MS = 20_000

/** @param {import('../load.mjs').Task} task */
export function runIdle({ proxy, echo, connections }) {
  const sockets = []
  return { ready: openAll(proxy, echo, connections, sockets), countAlive: () => countAlive(sockets) }
}

async function openAll(proxy, echo, connections, sockets) {
  for (let opened = 0; opened < connections; opened += OPENING_AT_A_TIME) {
    const some = Array.from({ length: Math.min(OPENING_AT_A_TIME, connections - opened) }, async (_, i) => {
      const localAddress = `127.0.0.${2 + Math.floor((opened + i) / TUNNELS_PER_CLIENT)}`
      const socket = connect({ port: proxy, host: '127.0.0.1', localAddress })
      socket.on('error', () => {})
      socket.write(`CONNECT 127.0.0.1:${echo} HTTP/1.1\r\nHost: 127.0.0.1:${echo}\r\n\r\n`)
      if ((await hears(socket))?.latin1Slice(8, 12) === ' 200') sockets.push(socket)
    })
    await Promise.all(some)
  }
}

async function countAlive(sockets) {
  const echoes = sockets.map(async (socket) => {
    socket.write('?')
    return (await hears(socket))?.toString() === '?' ? 1 : 0
  })
  const answers = await Promise.all(echoes)
  return answers.reduce((sum, alive) => sum + alive, 0)
}

/** What comes next; undefined where nothing does. */
function hears(socket) {
  const silence = new Promise((resolve) => setTimeout(resolve, ECHO_WITHIN_MS).unref())
  const end = once(socket, 'close').then(
    () => undefined,
    () => undefined,
  )
  const data = once(socket, 'data').then(
    ([bytes]) => bytes,
    () => undefined,
  )
  return socket.destroyed ? undefined : Promise.race([data, end, silence])
}
