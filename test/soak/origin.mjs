// The origins of the soak: HTTP that sends and takes bytes, WebSocket and TCP that echo.
import { createHash, randomBytes } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'

/** What all bodies are pieces of, so that both ends know what must arrive. */
export const POOL = randomBytes(2 * 1_048_576)

export function digestOf(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}

export async function startOrigins() {
  const http = createHttpServer((request, response) => {
    request.on('error', () => {})
    if (request.method === 'POST') takeBody(request, response)
    else sendPiece(request, response)
  })
  http.keepAliveTimeout = 60_000
  http.on('upgrade', (_request, socket, head) => {
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    socket.write(head)
    socket.pipe(socket)
  })
  const echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  const [httpPort, echoPort] = [await listen(http), await listen(echo)]
  return {
    httpPort,
    echoPort,
    close() {
      http.closeAllConnections()
      http.close()
      echo.close()
    },
  }
}

/** `/FROM/LENGTH`, with a length or in chunks. */
function sendPiece({ url }, response) {
  const [, from = 0, length = 0] = url.split('/').map(Number)
  const piece = POOL.subarray(from, from + length)
  if (from % 2 === 0) response.setHeader('Content-Length', length)
  response.on('error', () => {})
  for (let at = 0; at < length; at += 50_000) response.write(piece.subarray(at, at + 50_000))
  response.end()
}

function takeBody(request, response) {
  const hash = createHash('sha256')
  request.on('data', (data) => hash.update(data))
  request.on('end', () => response.end(hash.digest('hex')))
}

function listen(server) {
  return new Promise((done) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => done(server.address().port))
  })
}
