import { endOfChunks } from './split-requests.js'

export type ReceivedResponse = { readonly status: number; readonly head: string; readonly isComplete: boolean }

/**
 * Cuts what a client received into its final responses, by their framing
 * (RFC 9112 §6.3). Interim ones are left out.
 *
 * @param text latin1
 * @param firstMethod of the first request: `HEAD` and `CONNECT` are answered without content
 * @param endedCleanly the connection ended by FIN, which is what completes a body without length
 */
export function splitResponses(text: string, firstMethod: string, endedCleanly: boolean): readonly ReceivedResponse[] {
  const responses: ReceivedResponse[] = []
  let at = 0
  while (at < text.length) {
    const headEnd = text.indexOf('\r\n\r\n', at)
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text.slice(at, at + 12))?.[1] ?? 0)
    if (headEnd === -1 || status === 0) {
      responses.push({ status, head: text.slice(at), isComplete: false })
      break
    }
    const head = text.slice(at, headEnd + 4)
    const isFinal = status >= 200 || status === 101
    const method = responses.length === 0 ? firstMethod : 'GET'
    const end = endOfBody(text, headEnd + 4, { head, status, method }, endedCleanly)
    if (isFinal) responses.push({ status, head, isComplete: end !== -1 })
    if (end === -1) break
    at = end
  }
  return responses
}

type Head = { readonly head: string; readonly status: number; readonly method: string }

function endOfBody(text: string, start: number, { head, status, method }: Head, endedCleanly: boolean): number {
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return start
  if (method === 'CONNECT' && status < 300) return start
  if (/\r\nTransfer-Encoding: *chunked/i.test(head)) return endOfChunks(text, start)
  const length = /\r\nContent-Length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) return endedCleanly ? text.length : -1
  return start + Number(length) <= text.length ? start + Number(length) : -1
}
