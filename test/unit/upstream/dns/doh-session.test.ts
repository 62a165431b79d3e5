import { afterEach, describe, expect, test } from 'vitest'
import { toDohServer } from '../../../../src/upstream/dns/doh-server.js'
import { createDohSession, type DohSession } from '../../../../src/upstream/dns/doh-session.js'
import { encodeQuery } from '../../../../src/upstream/dns/message.js'
import { type DohScript, startDohServer } from '../../../helpers/doh-server.js'
import { makeCertificate } from '../../../helpers/tls-certificate.js'

const certificate = makeCertificate()
const QUERY = encodeQuery({ id: 0, host: 'a.test', type: 'A' }, true)
const PATIENT = new AbortController().signal
const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function setUp(answer: () => DohScript) {
  const server = await startDohServer({ certificate, answer })
  const session = createDohSession(toDohServer(server.url, ['127.0.0.1'], certificate.cert), 15_000, () => 0n)
  closing.push(() => session.close())
  return { server, session }
}

function post(session: DohSession, signal = PATIENT): Promise<string> {
  return session.post(QUERY, signal).then(
    ({ message }) => message.toString('latin1'),
    (error: Error) => `failed: ${error.message}`,
  )
}

describe('a session', () => {
  test('connects when there is something to ask, once for all who ask meanwhile', async () => {
    const { server, session } = await setUp(() => ({ body: Buffer.from('x') }))
    expect(server.connections.made).toBe(0)
    expect(await Promise.all([post(session), post(session), post(session)])).toEqual(['x', 'x', 'x'])
    expect(server.connections.made).toBe(1)
  })

  test('a query is sent twice at most where the connection is lost each time', async () => {
    const { server, session } = await setUp(() => ({ reset: 'connection' }))
    expect(await post(session)).toBe('failed: the connection was lost')
    expect(server.queries).toHaveLength(2)
  })

  test('a query that was given up is taken back from the service, and its connection where nothing came on it', async () => {
    const { server, session } = await setUp(() => ({ never: true }))
    const patience = new AbortController()
    const answer = post(session, patience.signal)
    await expect.poll(() => server.queries.length).toBe(1)
    patience.abort(new Error('enough'))
    expect(await answer).toBe('failed: enough')
    await expect.poll(() => server.connections.open).toBe(0)
  })

  test('given up while it connects, the connection is there for the next', async () => {
    const { server, session } = await setUp(() => ({ body: Buffer.from('x') }))
    const patience = new AbortController()
    const first = post(session, patience.signal)
    patience.abort(new Error('enough'))
    expect(await Promise.all([first, post(session)])).toEqual(['failed: enough', 'x'])
    expect([server.connections.made, server.queries.length]).toEqual([1, 1])
  })

  test('closed it connects no more', async () => {
    const { server, session } = await setUp(() => ({ body: Buffer.from('x') }))
    await post(session)
    session.close()
    expect(await post(session)).toBe('failed: closed')
    await expect.poll(() => server.connections.open).toBe(0)
    expect(server.connections.made).toBe(1)
  })
})
