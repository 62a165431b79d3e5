import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export type SilentListener = {
  close(): void
}

const LISTENS = `
  const [host, port] = process.argv.slice(1)
  require('node:net').createServer().listen({ host, port: Number(port), backlog: 1 }, () => console.log('listening'))
`

/**
 * An address and port where a connection neither succeeds nor fails: the program
 * that listens there is stopped and its queue is full, so Linux drops each further SYN.
 */
export async function startSilentListener(host: string, port: number): Promise<SilentListener> {
  const child = spawn(process.execPath, ['-e', LISTENS, host, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGSTOP')

  const fillers: Socket[] = []
  let isFull = false
  while (!isFull) {
    const filler = connect({ host, port })
    filler.on('error', () => {})
    fillers.push(filler)
    isFull = await new Promise<boolean>((resolve) => {
      filler.once('connect', () => resolve(false))
      setTimeout(resolve, 300, true)
    })
  }

  return {
    close() {
      for (const filler of fillers) filler.destroy()
      child.kill('SIGKILL')
    },
  }
}
