import type { Socket } from 'node:net'

/**
 * The first line that comes, without its end.
 *
 * @returns undefined where the other side ends before, or sends more than `maxBytes`
 */
export function readLine(socket: Socket, maxBytes: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    socket.on('data', function onData(chunk: Buffer) {
      const end = chunk.indexOf(0x0a)
      bytes += chunk.length
      chunks.push(end === -1 ? chunk : chunk.subarray(0, end))
      if (end === -1 && bytes <= maxBytes) return
      // what else is sent is not read
      socket.off('data', onData).pause()
      resolve(end === -1 ? undefined : Buffer.concat(chunks).toString('utf8'))
    })
    socket.on('close', () => resolve(undefined))
    socket.on('end', () => resolve(undefined))
    socket.on('error', () => resolve(undefined))
  })
}
