import { expect, test } from 'vitest'
import { answering, ok, startRawOrigin } from '../helpers/raw-origin.js'
import { startTestProxy } from '../helpers/test-proxy.js'

/** A name that /etc/hosts gives 127.0.0.1, so that address rules are asked when it has been looked up. */
const NAME = 'localhost'

test('a name is refused when its address is blocked, for requests and for tunnels', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const { connect, record } = await startTestProxy({ lines: ['block 127.0.0.0/8'] })
  const client = await connect()
  await client.write(`GET http://${NAME}:${origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
  const response = await client.readResponse()
  expect(response.status).toBe(403)
  expect(response.fields['proxy-status']).toBe('veilgate; error=http_request_denied; details="t.rules:1"')
  await client.write(`CONNECT ${NAME}:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`)
  expect((await client.readResponse()).status).toBe(403)
  expect((await record(1)).decision).toMatchObject({
    action: 'block',
    reason: 'rule',
    rule: { list: 't.rules', line: 1 },
  })
  expect(origin.peers.length).toBe(0)
})

test('a name is refused on every request although a connection to its address is kept for other paths', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const url = `http://${NAME}:${origin.port}`
  const client = await (await startTestProxy({ lines: ['block 127.0.0.0/8', `allow ${url}/ok/**`] })).connect()
  await client.write(`GET ${url}/ok/a HTTP/1.1\r\nHost: x\r\n\r\n`)
  expect((await client.readResponse()).status).toBe(200)
  await client.write(`GET ${url}/other HTTP/1.1\r\nHost: x\r\n\r\n`)
  expect((await client.readResponse()).status).toBe(403)
  expect(origin.peers.length).toBe(1)
})

test('in report mode every request to a blocked address is told, on kept connections too', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const { connect, record } = await startTestProxy({ lines: ['block 127.0.0.0/8'], rules: { report: true } })
  const client = await connect()
  for (const index of [0, 1, 2]) {
    await client.write(`GET http://${NAME}:${origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client.readResponse()).status).toBe(200)
    const told = await record(index)
    expect(told.wouldBlock).toBe(true)
    expect(told.decision.rule?.line).toBe(1)
  }
})

test('under default block a name is reached by an address that is allowed, and by no other', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const { connect, record } = await startTestProxy({ lines: ['default block', 'allow 127.0.0.1'] })
  const client = await connect()
  for (const index of [0, 1]) {
    await client.write(`GET http://${NAME}:${origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client.readResponse()).status).toBe(200)
    expect((await record(index)).decision).toMatchObject({ action: 'allow', reason: 'rule' })
  }
  await client.write(`GET http://127.0.0.2:${origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
  expect((await client.readResponse()).status).toBe(403)
})
