// What plain Node does: http.createServer, http.request with a pool, CONNECT by net.connect and pipe. Usage: node node-bare.mjs PORT
import { Agent, createServer, request } from 'node:http'
import { connect } from 'node:net'

const agent = new Agent({ keepAlive: true, scheduling: 'lifo' })
const server = createServer((incoming, answer) => {
  const { hostname, port, pathname } = new URL(incoming.url)
  const options = { agent, host: hostname, port, path: pathname, method: incoming.method, headers: incoming.headers }
  const outgoing = request(options, (response) => {
    answer.writeHead(response.statusCode, response.rawHeaders)
    response.pipe(answer)
  })
  outgoing.on('error', () => answer.destroy())
  incoming.pipe(outgoing)
})
server.on('connect', ({ url }, client, early) => {
  const [host, port] = url.split(':')
  const origin = connect({ host, port: Number(port), noDelay: true }, () => {
    client.write('HTTP/1.1 200 OK\r\n\r\n')
    origin.write(early)
    client.pipe(origin)
    origin.pipe(client)
  })
  const end = () => {
    client.destroy()
    origin.destroy()
  }
  for (const socket of [client, origin]) socket.on('error', end).on('close', end)
})
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 })
