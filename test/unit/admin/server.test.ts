import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type AdminServer, openAdminServer } from '../../../src/admin/server.js'

const SOURCES = {
  version: '1.2.3',
  engine: () => 'native' as const,
  measure: async () => [],
  rules: () => 0,
  lists: () => [],
  upstreams: () => ({}),
}

/** Connections that it takes at a time. */
const MOST = 32

const open: AdminServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
})

async function setUp(unready: () => string | undefined = () => undefined) {
  const server = await openAdminServer({
    host: '127.0.0.1',
    port: 0,
    hosts: ['Veilgate.Example'],
    unready,
    sources: SOURCES,
  })
  open.push(server)
  return server
}

type Answer = { readonly status: number; readonly body: string; readonly type: string }

function ask({ port }: AdminServer, path: string, { host = 'localhost', method = 'GET' } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers: { Host: host }, agent: false })
    asked.on('response', (response) => {
      let body = ''
      response.on('data', (data) => {
        body += data
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body, type: response.headers['content-type'] ?? '' }),
      )
    })
    asked.on('error', reject)
    asked.end()
  })
}

test('tells that it lives, that it is ready, and its metrics', async () => {
  const server = await setUp()
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
  expect(await ask(server, '/healthz')).toMatchObject({ status: 200, body: 'ok\n' })
  expect(await ask(server, '/readyz')).toMatchObject({ status: 200, body: 'ready\n' })
  const metrics = await ask(server, '/metrics')
  expect(metrics).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' })
  expect(metrics.body).toContain('veilgate_build_info{version="1.2.3",engine="native",node="')
})

test('is alive and not ready while it drains', async () => {
  const server = await setUp(() => 'draining')
  expect(await ask(server, '/readyz')).toMatchObject({ status: 503, body: 'draining\n' })
  expect((await ask(server, '/healthz')).status).toBe(200)
})

test.each([
  ['a page that made its name resolve here', { host: 'attacker.example' }, 421],
  ['a name of the configuration', { host: 'veilgate.example:9090' }, 200],
  ['HEAD', { method: 'HEAD' }, 200],
  ['POST', { method: 'POST' }, 405],
])('%s gets %3$i', async (_who, how, status) => {
  for (const path of ['/healthz', '/metrics']) expect((await ask(await setUp(), path, how)).status).toBe(status)
})

test('knows three paths', async () => {
  expect(await ask(await setUp(), '/')).toMatchObject({ status: 404 })
})

test('who says nothing, or not all of it, does not keep others out for long', async () => {
  const server = await setUp()
  const slow = Array.from({ length: MOST }, (_, i) => {
    const socket = connect(server.port, '127.0.0.1')
    if (i % 2 === 0) socket.write('GET /healthz HTTP/1.1\r\n')
    return socket.on('error', () => {}).resume()
  })
  await Promise.all(slow.map((socket) => once(socket, 'connect')))
  await expect(ask(server, '/healthz')).rejects.toThrow()
  await Promise.all(slow.map((socket) => once(socket, 'close')))
  expect((await ask(server, '/healthz')).status).toBe(200)
}, 20_000)

test('a taken port is an error that says what to do', async () => {
  const { port } = await setUp()
  const second = openAdminServer({
    host: '127.0.0.1',
    port,
    hosts: [],
    unready: () => undefined,
    sources: SOURCES,
  })
  await expect(second).rejects.toMatchObject({ name: 'CannotRunError' })
})
