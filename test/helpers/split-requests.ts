export type SplitRequest = { readonly head: string; readonly body: string }

/**
 * Cuts what an origin received into requests, as an origin would that believes
 * `Transfer-Encoding` and `Content-Length`. What is not a complete request is
 * not counted: `partialHead` is the head of one whose body is still to come.
 *
 * @param text latin1
 */
export function splitRequests(text: string): {
  readonly complete: readonly SplitRequest[]
  readonly partialHead: string
} {
  const complete: SplitRequest[] = []
  let at = 0
  for (;;) {
    const headEnd = text.indexOf('\r\n\r\n', at)
    if (headEnd === -1) return { complete, partialHead: '' }
    const head = text.slice(at, headEnd + 4)
    const end = endOfBody(text, headEnd + 4, head)
    if (end === -1) return { complete, partialHead: head }
    complete.push({ head, body: text.slice(headEnd + 4, end) })
    at = end
  }
}

function endOfBody(text: string, start: number, head: string): number {
  if (/\r\nTransfer-Encoding:[^\r]*chunked/i.test(head)) return endOfChunks(text, start)
  const length = Number(/\r\nContent-Length: *(\d+)/i.exec(head)?.[1] ?? 0)
  return start + length <= text.length ? start + length : -1
}

/** Behind a chunked body, -1 where it is not complete. */
export function endOfChunks(text: string, start: number): number {
  for (let at = start; ; ) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd === -1) return -1
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    if (Number.isNaN(size)) return -1
    if (size === 0) {
      if (text.startsWith('\r\n', lineEnd + 2)) return lineEnd + 4
      const end = text.indexOf('\r\n\r\n', lineEnd)
      return end === -1 ? -1 : end + 4
    }
    at = lineEnd + 2 + size + 2
    if (at > text.length) return -1
  }
}
