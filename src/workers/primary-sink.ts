import { Writable } from 'node:stream'
import type { LogSink } from '../observe/log-sink.js'
import type { FromWorker } from './messages.js'

/**
 * Where the lines of a worker go that belong on the primary's standard output: several processes
 * that write to one pipe would tear each other's lines. What waits is bounded by who writes.
 */
export function createPrimarySink(
  send: (message: FromWorker, done: (error: Error | null) => void) => void,
  colour: boolean,
): LogSink {
  const stream = new Writable({
    decodeStrings: false,
    write(lines: string, _encoding, done) {
      // without the primary this process ends: whether lines were lost is then of no interest
      send({ kind: 'lines', lines }, () => done())
    },
  })
  return {
    stream,
    colour,
    reopen() {
      // the primary's stream has no path to open again
    },
    hurry() {
      // messages go out between two turns of the event loop, and there will be none
    },
    finish: () => new Promise((resolve) => stream.end(() => resolve())),
  }
}
