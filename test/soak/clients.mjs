// What the clients of the soak do. Each is a function that resolves when what came back is what must come, and rejects otherwise.
import { Agent, request as ask } from 'node:http'
import { connect } from 'node:net'
import { digestOf, POOL } from './origin.mjs'

const SLOW_MS = 40

export function createClients({ proxyPort, httpPort, echoPort }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const url = (path) => `http://127.0.0.1:${httpPort}${path}`
  const via = { host: '127.0.0.1', port: proxyPort }

  async function get({ keeps = true, most = 200_000, isSlow = false } = {}) {
    const [from, length] = somePiece(most)
    const response = await send({ path: url(`/${from}/${length}`), ...(keeps ? { agent } : { agent: false }) })
    expectStatus(response, 200)
    const body = await bodyOf(response, isSlow)
    if (digestOf(body) !== digestOf(POOL.subarray(from, from + length))) throw new Corrupted(`GET of ${length} octets`)
  }

  async function post({ isSlow = false } = {}) {
    const [from, length] = somePiece(isSlow ? 30_000 : 200_000)
    const body = POOL.subarray(from, from + length)
    const headers = from % 2 === 0 ? { 'Content-Length': length } : {}
    const response = await send({ path: url('/'), method: 'POST', agent, headers }, async (request) => {
      for (let at = 0; at < length; at += 3_000) {
        request.write(body.subarray(at, at + 3_000))
        if (isSlow) await sleep(SLOW_MS)
      }
      request.end()
    })
    expectStatus(response, 200)
    if (String(await bodyOf(response)) !== digestOf(body)) throw new Corrupted(`POST of ${length} octets`)
  }

  async function blocked() {
    const response = await send({ path: 'http://blocked.test/', agent })
    expectStatus(response, 403)
    await bodyOf(response)
  }

  async function abort() {
    const response = await send({ path: url(`/0/${POOL.length}`), agent: false })
    await new Promise((done) => response.once('data', done))
    response.destroy()
  }

  async function abortBody() {
    await new Promise((done) => {
      const request = ask({ ...via, path: url('/'), method: 'POST', agent: false })
      request.on('error', done)
      request.write(POOL.subarray(0, 100_000))
      setTimeout(() => request.destroy(new Error('aborted')), 20)
    })
  }

  /** A connection whose octets come back: by CONNECT, or by an upgrade. */
  async function open(isWebSocket) {
    const socket = connect({ ...via, allowHalfOpen: true, noDelay: true })
    const fault = new Promise((_done, reject) => socket.on('error', reject))
    fault.catch(() => {})
    socket.write(
      isWebSocket
        ? `GET ${url('/')} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
        : `CONNECT 127.0.0.1:${echoPort} HTTP/1.1\r\nHost: x\r\n\r\n`,
    )
    let head = ''
    while (!head.includes('\r\n\r\n')) head += (await Promise.race([read(socket), fault])).toString('latin1')
    if (!/^HTTP\/1\.1 (200|101) /.test(head)) throw new Error(head)
    return { socket, fault }
  }

  async function tunnel({ isWebSocket = false, most = 100_000 } = {}) {
    const { socket, fault } = await open(isWebSocket)
    const [from, length] = somePiece(most)
    const sent = POOL.subarray(from, from + length)
    const received = []
    socket.on('data', (data) => received.push(data)).resume()
    const ended = new Promise((done) => socket.once('end', done))
    // half-close: what comes back comes back whole
    socket.end(sent)
    await Promise.race([ended, fault])
    socket.destroy()
    if (digestOf(Buffer.concat(received)) !== digestOf(sent)) throw new Corrupted(`tunnel of ${length} octets`)
  }

  /** An idle tunnel, with a function that tells whether it still echoes. */
  async function hold() {
    const { socket, fault } = await open(false)
    return {
      async isAlive() {
        socket.write('alive?')
        const answer = String(await Promise.race([read(socket), fault]))
        socket.destroy()
        return answer === 'alive?'
      },
    }
  }

  function send(options, write = (request) => request.end()) {
    return new Promise((done, reject) => {
      const request = ask({ ...via, ...options }, done)
      request.on('error', reject)
      Promise.resolve(write(request)).catch(reject)
    })
  }

  return {
    hold,
    close: () => agent.destroy(),
    /** Name, share of the load, what is done. */
    kinds: [
      ['get', 50, () => get({ most: 20_000 })],
      ['get-large', 6, () => get()],
      ['get-close', 10, () => get({ keeps: false, most: 20_000 })],
      ['get-slow', 3, () => get({ keeps: false, isSlow: true })],
      ['post', 10, () => post()],
      ['post-slow', 2, () => post({ isSlow: true })],
      ['blocked', 6, blocked],
      ['connect', 6, () => tunnel()],
      ['websocket', 4, () => tunnel({ isWebSocket: true })],
      ['abort', 2, abort],
      ['abort-body', 1, abortBody],
    ],
  }
}

/** Other octets arrived than were sent. */
export class Corrupted extends Error {}

function somePiece(most) {
  const length = Math.floor(Math.random() * most)
  return [Math.floor(Math.random() * (POOL.length - length)), length]
}

function expectStatus(response, status) {
  if (response.statusCode !== status) throw new Error(`${response.statusCode}: ${response.headers['proxy-status']}`)
}

async function bodyOf(response, isSlow = false) {
  const pieces = []
  for await (const piece of response) {
    pieces.push(piece)
    if (isSlow) await sleep(SLOW_MS)
  }
  return Buffer.concat(pieces)
}

function read(socket) {
  return new Promise((done) => {
    socket.once('data', (data) => {
      socket.pause()
      done(data)
    })
    socket.resume()
  })
}

function sleep(ms) {
  return new Promise((done) => setTimeout(done, ms))
}
