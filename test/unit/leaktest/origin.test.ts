import { connect } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { makeCertificate } from '../../../src/leaktest/certificate.js'
import { type Origin, startOrigin } from '../../../src/leaktest/origin.js'
import { connectRaw } from '../../helpers/raw-peer.js'

async function origin(...[token, certificate]: Parameters<typeof startOrigin>): Promise<Origin> {
  const started = await startOrigin(token, certificate)
  onTestFinished(() => started.close())
  return started
}

test('writes down the head and plants identifiers of the run in its answer', async () => {
  const { port, received } = await origin('lt00')
  const client = await connectRaw(port)
  const { localPort } = client.socket
  await client.write('GET /p HTTP/1.1\r\nHost: a\r\nX-Octet: \xe9\r\n\r\n', 5)
  const { status, fields, body } = await client.readResponse()
  expect([status, body, fields.etag]).toEqual([200, 'ok', '"lt00-validator"'])
  await client.closed()
  expect(received).toEqual([
    expect.objectContaining({ head: 'GET /p HTTP/1.1\r\nHost: a\r\nX-Octet: \xe9\r\n\r\n', address: '127.0.0.1' }),
  ])
  expect(received[0]?.port).toBe(localPort)
})

test('accepts a WebSocket (RFC 6455 §1.3)', async () => {
  const { port } = await origin('lt00')
  const client = await connectRaw(port)
  await client.write('GET / HTTP/1.1\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
  const { status, fields } = await client.readHead()
  expect([status, fields['sec-websocket-accept']]).toEqual([101, 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='])
})

test('who asks for an upgrade to something else, or without a key, gets a page', async () => {
  const { port } = await origin('lt00')
  for (const fields of ['Upgrade: h2c\r\nSec-WebSocket-Key: a\r\n', 'Upgrade: websocket\r\n']) {
    const client = await connectRaw(port)
    await client.write(`GET / HTTP/1.1\r\n${fields}\r\n`)
    expect((await client.readHead()).status).toBe(200)
  }
})

test('forgets, and whoever aborts or sends no head has sent nothing', async () => {
  const { port, received, forget } = await origin('lt00')
  const gone = await connectRaw(port)
  await gone.write('GET / HTTP/1.1\r\nHost')
  gone.reset()
  const endless = await connectRaw(port)
  await endless.write(`GET / HTTP/1.1\r\nA: ${'x'.repeat(140_000)}`)
  await endless.closed()
  const client = await connectRaw(port)
  await client.write('GET / HTTP/1.1\r\n\r\n')
  await client.closed()
  expect(received).toHaveLength(1)
  forget()
  expect(received).toEqual([])
})

test('in TLS the same; what is no TLS is ended', async () => {
  const certificate = makeCertificate(Date.now())
  const { port, received } = await origin('lt00', certificate)
  const plain = await connectRaw(port)
  await plain.write('GET / HTTP/1.1\r\n\r\n')
  await plain.closed()
  expect(received).toEqual([])
  const secure = connect({ port, host: '127.0.0.1', ca: certificate.cert })
  secure.write('GET / HTTP/1.1\r\n\r\n')
  await new Promise((resolve) => secure.resume().once('end', resolve))
  expect(received).toHaveLength(1)
})

test('closes with connections that still wait', async () => {
  const started = await startOrigin('lt00')
  const client = await connectRaw(started.port)
  await client.write('GET / HTTP/1.1\r\n')
  started.close()
  await client.closed()
  await expect(connectRaw(started.port)).rejects.toThrow('ECONNREFUSED')
})
