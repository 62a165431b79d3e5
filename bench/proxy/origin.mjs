// The origin that all proxies are measured against: HTTP/1.1 on one port, an echo on another. Run as a child; writes its ports as a line of JSON.
import { createServer } from 'node:net'

const BODY = 'abcdefghijklmnopqrstuvwxyz'.repeat(40).slice(0, 1024)
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
)
/** More than a proxy and the system hold of an answer that nobody reads. */
const LARGE_BYTES = 262_144
const LARGE = Buffer.concat([
  Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${LARGE_BYTES}\r\n\r\n`),
  Buffer.alloc(LARGE_BYTES, BODY),
])
const ENDLESS = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n')
const CHUNK = Buffer.alloc(65_536, BODY)
const HEAD_END = '\r\n\r\n'

const http = createServer({ noDelay: true }, (socket) => {
  let head = ''
  let isSink = false
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    if (isSink) return
    head += bytes.latin1Slice()
    for (let end = head.indexOf(HEAD_END); end !== -1 && !isSink; end = head.indexOf(HEAD_END)) {
      if (head.startsWith('POST')) isSink = true
      else if (head.startsWith('HEAD')) socket.write(ANSWER.subarray(0, -BODY.length))
      else if (head.includes('/stream ')) stream(socket)
      else if (head.includes('/large ')) socket.write(LARGE)
      else socket.write(ANSWER)
      head = head.slice(end + HEAD_END.length)
    }
  })
})

/** Writes until the reader is gone, as fast as it reads. */
function stream(socket) {
  socket.write(ENDLESS)
  const fill = () => {
    while (!socket.destroyed && socket.write(CHUNK));
  }
  socket.on('drain', fill)
  fill()
}

const echo = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  socket.pipe(socket)
})

http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  echo.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
    console.log(JSON.stringify({ http: http.address().port, echo: echo.address().port }))
  })
})
