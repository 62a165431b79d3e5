import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

export type ManyTunnels = {
  readonly count: number
  /** Sends an octet through each tunnel and returns how many came back. */
  echo(): Promise<number>
  stop(): void
}

const WANTED = 10_000
/** What a process needs besides, and what it keeps of a large limit when clients come: see upstream/descriptors.ts. */
const OTHER_DESCRIPTORS = 500
const RESERVE = 256
const DIAL_SHARE = 8

const ORIGIN = `
  const server = require('node:net').createServer((socket) => socket.on('error', () => {}).pipe(socket))
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => console.log(server.address().port))
`

const CLIENTS = `
  const { connect } = require('node:net')
  const [proxy, origin, count] = process.argv.slice(1).map(Number)
  const sockets = []
  let open = 0
  let echoes = 0
  function openOne() {
    if (sockets.length === count) return
    const socket = connect({ host: '127.0.0.1', port: proxy })
    sockets.push(socket)
    let head = ''
    socket.on('error', (error) => console.error(error.message))
    socket.on('data', (data) => {
      if (head === undefined) {
        if (++echoes === count) console.log('echoed ' + echoes)
        return
      }
      head += data
      if (!head.endsWith('\\r\\n\\r\\n')) return
      if (!head.startsWith('HTTP/1.1 200')) console.error(head)
      head = undefined
      if (++open === count) console.log('open ' + open)
      openOne()
    })
    socket.write('CONNECT 127.0.0.1:' + origin + ' HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')
  }
  for (let i = 0; i < 64; i++) openOne()
  process.stdin.on('data', () => sockets.forEach((socket) => socket.write('x')))
`

/**
 * As many tunnels to one proxy of this process as it can hold, up to ten thousand; both of their ends are in
 * processes of their own, for the number of descriptors of one is limited.
 */
export async function startManyTunnels(proxyPort: number): Promise<ManyTunnels> {
  const limit = descriptorLimit()
  const count = Math.min(WANTED, Math.floor((limit - limit / DIAL_SHARE - RESERVE - OTHER_DESCRIPTORS) / 2))
  const origin = run(ORIGIN, [])
  const clients = run(CLIENTS, [proxyPort, await says(origin), count])
  await says(clients)
  return {
    count,
    async echo() {
      clients.stdin?.write('go')
      return Number((await says(clients)).split(' ')[1])
    },
    stop() {
      clients.kill('SIGKILL')
      origin.kill('SIGKILL')
    },
  }
}

function run(script: string, args: readonly (string | number)[]): ChildProcess {
  return spawn(process.execPath, ['-e', script, ...args.map(String)], { stdio: ['pipe', 'pipe', 'inherit'] })
}

async function says({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('no standard output')
  const [line] = await once(stdout, 'data')
  return String(line).trim()
}

function descriptorLimit(): number {
  const [, limit = '0'] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return Number(limit)
}
