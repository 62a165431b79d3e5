import { describe, expect, test } from 'vitest'
import { answering, ok, startRawOrigin } from '../../helpers/raw-origin.js'
import { startTestProxy } from '../../helpers/test-proxy.js'

describe('client connection', () => {
  test('answers one request after the other on one connection, in order, refusals among them', async () => {
    const origin = await startRawOrigin(answering((line) => ok(line.split(' ')[1] ?? '')))
    const { connect } = await startTestProxy({ lines: ['block ads.test'] })
    const client = await connect()
    const get = (url: string) => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`
    await client.write(get(`${origin.url}/1`) + get('http://ads.test/') + get(`${origin.url}/2`))
    expect((await client.readResponse()).body).toBe('/1')
    expect((await client.readResponse()).status).toBe(403)
    expect((await client.readResponse()).body).toBe('/2')
  })

  test('reads nothing behind a request that it cannot understand', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { connect } = await startTestProxy()
    const client = await connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost : x\r\n\r\nGET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client.readResponse()).status).toBe(400)
    expect(await client.closed()).toBe('end')
    expect(origin.peers).toHaveLength(0)
  })

  test('lets a client read its last answer while it still sends', async () => {
    const { connect } = await startTestProxy({ lines: ['block ads.test'] })
    const client = await connect()
    await client.write('POST http://ads.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n')
    await client.write(Buffer.alloc(1_000_000))
    const response = await client.readResponse()
    expect([response.status, response.fields.connection]).toEqual([403, 'close'])
    expect(await client.closed()).toBe('end')
  })

  test('tells of an exchange whose client went away, once', async () => {
    const origin = await startRawOrigin()
    const { connect, record, records, proxy } = await startTestProxy()
    const client = await connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    await (await origin.peer(0)).readRequest()
    client.reset()
    expect(await record(0)).toMatchObject({ status: 0, error: 'client_aborted' })
    await expect.poll(() => proxy.connections).toBe(0)
    expect(records).toHaveLength(1)
  })
})
