import { expect, onTestFinished, test } from 'vitest'
import { toDohServer } from '../../../../src/upstream/dns/doh-server.js'
import { createDohSessions } from '../../../../src/upstream/dns/doh-sessions.js'
import { encodeQuery } from '../../../../src/upstream/dns/message.js'
import { startDohServer } from '../../../helpers/doh-server.js'
import { makeCertificate } from '../../../helpers/tls-certificate.js'

const certificate = makeCertificate()
const QUERY = encodeQuery({ id: 0, host: 'a.test', type: 'A' }, true)
/** One more than are kept. */
const MANY = 65

async function setUp(after?: Promise<unknown>) {
  const answer = () => ({ addresses: ['192.0.2.1'], ...(after !== undefined && { after }) })
  const server = await startDohServer({ certificate, answer })
  const doh = toDohServer(server.url, ['127.0.0.1'], certificate.cert, ['127.0.64.0/18'])
  const sessions = createDohSessions(doh, 30_000)
  onTestFinished(() => sessions.close())
  const post = (identity: string) => sessions.of(identity).post(QUERY, new AbortController().signal)
  return { server, sessions, post }
}

test('each identity has a connection of its own, from an address of its own', async () => {
  const { server, post } = await setUp()
  for (const identity of ['', 'a', 'b', 'a', '']) await post(identity)
  expect(server.connections.made).toBe(3)
  const [none, a, b, again, noneAgain] = server.queries.map(({ from }) => from)
  expect([again, noneAgain]).toEqual([a, none])
  expect(new Set([none, a, b]).size).toBe(3)
})

test('of more than are kept the one that was idle longest is closed', async () => {
  const { server, post } = await setUp()
  for (let i = 0; i < MANY - 1; i++) await post(`${i}`)
  await post('0')
  await post('new')
  await expect.poll(() => server.connections.open).toBe(MANY - 1)
  await post('0')
  expect(server.connections.made).toBe(MANY)
  await post('1')
  expect(server.connections.made).toBe(MANY + 1)
})

test('none is closed while somebody waits for its answer', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const { server, post } = await setUp(held)
  const posts = Array.from({ length: MANY }, (_, i) => post(`${i}`))
  await expect.poll(() => server.queries.length).toBe(MANY)
  release()
  expect(await Promise.all(posts)).toHaveLength(MANY)
})

test('closed it ends all', async () => {
  const { server, sessions, post } = await setUp()
  await Promise.all([post('a'), post('b')])
  sessions.close()
  await expect.poll(() => server.connections.open).toBe(0)
})
