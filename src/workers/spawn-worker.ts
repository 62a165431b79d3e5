import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import type { FromWorker } from './messages.js'
import type { SpawnWorker } from './supervisor.js'

/** From dist/workers/ and from dist/command/ alike. */
const PROGRAM = fileURLToPath(new URL('../command/worker.js', import.meta.url))

/** Standard streams, and the channel for messages. */
const OWN_STREAMS = ['inherit', 'inherit', 'inherit', 'ipc'] as const

/**
 * Workers as processes of `node:cluster`. They accept by themselves at sockets that the primary opens
 * (`SCHED_NONE`, or the descriptors that they inherit), so that no byte of a client crosses the primary.
 */
export function createSpawner(program = PROGRAM): SpawnWorker {
  cluster.schedulingPolicy = cluster.SCHED_NONE
  return (hears, sockets) => {
    // strings as they are: lines of the access log would be escaped and read again as JSON
    const stdio = [...OWN_STREAMS, ...sockets]
    cluster.setupPrimary({ exec: program, args: [], serialization: 'advanced', stdio })
    const worker = cluster.fork()
    // Node lets go of a channel that has carried a socket: then nothing keeps this process for the last words in it
    worker.process.channel?.ref()
    worker.on('message', (message: FromWorker) => hears.message(message))
    let how: string | undefined
    let isConnected = true
    // its last messages may be read after its end
    const note = (): void => {
      if (how !== undefined && !isConnected) hears.ended(how)
    }
    worker.on('exit', (code: number | null, signal: string | null) => {
      how = signal === null ? `exit code ${code}` : `signal ${signal}`
      note()
    })
    worker.on('disconnect', () => {
      isConnected = false
      note()
    })
    // a message to a process that has just ended; its end is told as such
    worker.on('error', () => {})
    return {
      pid: worker.process.pid ?? 0,
      sockets: sockets.map((_, i) => OWN_STREAMS.length + i),
      send(message) {
        worker.send(message, () => {})
      },
      kill() {
        worker.process.kill('SIGKILL')
      },
    }
  }
}
