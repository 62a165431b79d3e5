import type { Config } from '../config/config.js'
import { linesIn } from '../observe/log-file.js'
import { type LogSink, openStandardSink } from '../observe/log-sink.js'
import { createLossReport } from '../observe/loss-report.js'
import type { LineOutlet } from './messages.js'

/** Characters that may wait for a slow reader before lines are dropped, of all workers together. */
const MAX_WAITING = 8 * 1024 * 1024

/** The access log lines of all workers on a standard stream of the primary. */
export type JoinedLines = {
  outlet(config: Config): LineOutlet
  write(lines: string): void
  close(): Promise<void>
}

/** @param fd 1, or 2 where standard output belongs to a JSON document */
export function createJoinedLines(fd: 1 | 2, onWarning: (message: string) => void): JoinedLines {
  const loss = createLossReport(onWarning)
  let sink: LogSink | undefined
  function open(): LogSink {
    sink ??= openStandardSink(fd, (lines, { message }) => loss.lost(lines, message))
    return sink
  }

  return {
    outlet: ({ log }) => (log.access.file === '-' ? { colour: open().colour } : 'file'),
    write(lines) {
      const { stream } = open()
      if (stream.writableLength > MAX_WAITING) loss.lost(linesIn(lines), 'it is read or written too slowly')
      else stream.write(lines)
    },
    async close() {
      await sink?.finish()
      loss.close()
    },
  }
}
