import { describe, expect, test } from 'vitest'
import { startRawOrigin, unusedPort } from '../../helpers/raw-origin.js'
import { startTestProxy } from '../../helpers/test-proxy.js'

describe('tunnel', () => {
  test('reaches the origin, answers 200 without framing fields, and counts both ways', async () => {
    const origin = await startRawOrigin(async (peer) => {
      await peer.readPast('ping')
      await peer.write('pong!')
      peer.end()
    })
    const { connect, record } = await startTestProxy()
    const client = await connect()
    await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\nping`)
    const head = await client.readHead()
    expect([head.status, head.lines]).toEqual([200, []])
    await client.readPast('pong!')
    client.end()
    expect(await record(0)).toMatchObject({ status: 200, target: { form: 'authority', ip: '127.0.0.1' }, error: null })
  })

  test('says why the origin could not be reached', async () => {
    const { connect, record } = await startTestProxy()
    const client = await connect()
    await client.write(`CONNECT 127.0.0.1:${await unusedPort()} HTTP/1.1\r\nHost: x\r\n\r\n`)
    const response = await client.readResponse()
    expect([response.status, response.fields['proxy-status']]).toEqual([
      502,
      expect.stringContaining('connection_refused'),
    ])
    expect(await record(0)).toMatchObject({ status: 502, error: 'VG_ORIGIN_REFUSED' })
  })
})
