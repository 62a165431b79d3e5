import type { Socket } from 'node:net'

/** Reads a conversation piece by piece, and keeps all that was read. */
export type Octets = {
  /** Everything received so far, latin1. */
  readonly text: string
  /** @throws {Error} the other side ended before */
  take(length: number): Promise<Buffer>
  /** Up to and with a mark, latin1. @throws {Error} as `take`, or longer than `most` */
  until(mark: string, most: number): Promise<string>
  /** Ends the reading: what was received and not taken. What comes from now on is still in `text`. */
  release(): Buffer
}

/** More of what passes is not looked at. */
const MAX_KEPT = 262_144

export function readOctets(socket: Socket): Octets {
  const kept: Buffer[] = []
  let size = 0
  let rest = Buffer.alloc(0)
  let hasEnded = false
  let isReleased = false
  let wake = (): void => {}
  const onEnd = (): void => {
    hasEnded = true
    wake()
  }
  socket.on('data', (chunk: Buffer) => {
    if (size < MAX_KEPT) kept.push(chunk)
    size += chunk.length
    if (isReleased) return
    rest = Buffer.concat([rest, chunk])
    wake()
  })
  socket.on('end', onEnd)
  socket.on('close', onEnd)

  async function more(): Promise<void> {
    if (hasEnded) throw new Error('the other side ended')
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }

  async function take(length: number): Promise<Buffer> {
    while (rest.length < length) await more()
    const taken = rest.subarray(0, length)
    rest = rest.subarray(length)
    return taken
  }

  return {
    get text() {
      return Buffer.concat(kept).toString('latin1')
    },
    take,
    async until(mark, most) {
      for (;;) {
        const end = rest.indexOf(mark, 0, 'latin1')
        if (end !== -1) return (await take(end + mark.length)).toString('latin1')
        if (rest.length > most) throw new Error('too long')
        await more()
      }
    },
    release() {
      isReleased = true
      return rest
    },
  }
}
