import { expect, test } from 'vitest'
import { compileRules } from '../../src/compile-rules.js'
import { answering, ok, startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import { eventually } from '../helpers/raw-peer.js'
import { openOptions, rulesOf, startTestProxy } from '../helpers/test-proxy.js'

const get = (url: string) => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`

test('rules change for requests on connections that stay open', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const { proxy, connect } = await startTestProxy()
  const client = await connect()
  await client.write(get(origin.url))
  expect((await client.readResponse()).status).toBe(200)
  await proxy.reload(openOptions({ lines: ['block 127.0.0.1'] }))
  await client.write(get(origin.url))
  expect((await client.readResponse()).status).toBe(403)
  await proxy.reload(openOptions())
  await client.write(get(origin.url))
  expect((await client.readResponse()).status).toBe(200)
})

test('header rules change for requests and answers on connections that stay open', async () => {
  const origin = await startRawOrigin(answering((line) => ok(line, 'X-Answer: 1\r\n')))
  const { proxy, connect } = await startTestProxy()
  const client = await connect()
  const text = `GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\nX-Ask: 1\r\n\r\n`
  await client.write(text)
  expect((await client.readResponse()).fields['x-answer']).toBe('1')
  await proxy.reload(openOptions({ headers: { remove: ['X-Ask', 'X-Answer'], set: { 'X-Set': '1' } } }))
  await client.write(text)
  expect((await client.readResponse()).fields['x-answer']).toBeUndefined()
  const peer = await origin.peer(1)
  expect(peer.bytes).toBe(`GET / HTTP/1.1\r\nHost: ${origin.authority}\r\nX-Set: 1\r\n\r\n`.length)
})

test('an exchange under way ends by what it began with', async () => {
  const origin = await startRawOrigin()
  const { proxy, connect, record } = await startTestProxy({ headers: { remove: ['X-Old'] } })
  const client = await connect()
  await client.write(get(origin.url))
  const peer = await origin.peer(0)
  await peer.readRequest()
  await proxy.reload(openOptions({ lines: ['default block'], headers: { remove: ['X-New'] } }))
  await peer.write(ok('x', 'X-Old: 1\r\nX-New: 2\r\n'))
  expect((await client.readResponse()).lines).toEqual(['X-New: 2', 'Content-Length: 1'])
  expect((await record(0)).decision.action).toBe('allow')
})

test('a connection that was made under the old guard carries no request under the new one', async () => {
  const origin = await startRawOrigin()
  const { proxy, connect } = await startTestProxy()
  const client = await connect()
  const url = `http://localhost:${origin.port}/`
  await client.write(get(url))
  const peer = await origin.peer(0)
  await peer.readRequest()
  await proxy.reload(openOptions({ egress: { guard: { deny: ['127.0.0.0/8', '::1'] } } }))
  await peer.write(ok('x'))
  await client.readResponse()
  await client.write(get(url))
  const refusal = await client.readResponse()
  expect(refusal.status).toBe(403)
  expect(refusal.fields['proxy-status']).toMatch(/^veilgate; error=destination_ip_prohibited/)
  expect(await peer.closed()).not.toBe('open')
})

test('a tunnel outlives a reload that would refuse it', async () => {
  const origin = await startRawOrigin()
  const { proxy, connect } = await startTestProxy()
  const client = await connect()
  await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await client.readHead()
  await proxy.reload(openOptions({ lines: ['default block'] }))
  await client.write('still')
  await (await origin.peer(0)).readBytes(5)
})

test('limits change for connections that stay open', async () => {
  const { proxy, connect } = await startTestProxy()
  const client = await connect()
  await client.write('GET http://a.te')
  await eventually(() => proxy.connections === 1)
  await proxy.reload(openOptions({ limits: { headTimeoutMs: 50 } }))
  const late = await connect()
  await late.write('GET http://a.te')
  expect((await late.readResponse()).status).toBe(408)
})

test('under load every request is decided by the old rules or by the new ones', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const { proxy, connect, records } = await startTestProxy({ lines: ['block a.test # old', 'allow 127.0.0.1'] })
  const sets = [rulesOf(['block a.test # old', 'allow 127.0.0.1']), rulesOf(['allow 127.0.0.1', 'block *.test # new'])]
  let isLoading = true
  const seen = new Set<string>()
  const load = Array.from({ length: 8 }, async () => {
    const client = await connect()
    while (isLoading) {
      await client.write(get('http://a.test/') + get(origin.url))
      const refused = await client.readResponse()
      expect(refused.status).toBe(403)
      seen.add(refused.fields['proxy-status'] ?? '')
      expect((await client.readResponse()).status).toBe(200)
    }
  })
  for (let i = 0; i < 40; i++) {
    const ruleSet = sets[i % 2]
    await proxy.reload({ ...openOptions(), ...(ruleSet === undefined ? {} : { ruleSet }) })
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  isLoading = false
  await Promise.all(load)
  expect([...seen].sort()).toEqual([
    'veilgate; error=http_request_denied; details="t.rules:1"',
    'veilgate; error=http_request_denied; details="t.rules:2"',
  ])
  for (const { decision } of records) {
    expect([decision.action, decision.rule?.text]).toBeOneOf([
      ['block', 'block a.test'],
      ['block', 'block *.test'],
      ['allow', 'allow 127.0.0.1'],
    ])
  }
})

test.each([
  [
    'a rule file that is not there',
    { rules: { files: [{ name: 'no.rules', path: '/no/such.rules', action: 'block' }] } },
  ],
] as const)('%s leaves the old rules in force', async (_what, broken) => {
  const { proxy, connect } = await startTestProxy({ lines: ['block a.test'] })
  const { ruleSet: _ruleSet, ...options } = openOptions()
  await expect(proxy.reload({ ...options, ...broken })).rejects.toThrow('no.rules')
  const client = await connect()
  await client.write(get('http://a.test/'))
  expect((await client.readResponse()).fields['proxy-status']).toContain('t.rules:1')
})

test('rules that do not compile leave the old ones in force', async () => {
  const { proxy, connect } = await startTestProxy({ lines: ['block a.test'] })
  expect(() => compileRules([{ name: 'bad.rules', text: 'block [unbalanced' }])).toThrow('bad.rules:1')
  await proxy.reload(openOptions({ lines: ['block a.test'] }))
  const client = await connect()
  await client.write(get('http://a.test/'))
  expect((await client.readResponse()).status).toBe(403)
})

test('no request is decided before the rules are read', async () => {
  const { createProxy } = await import('../../src/app.js')
  const { createTempFolder } = await import('../helpers/temp-folder.js')
  const folder = createTempFolder()
  const path = folder.write('t.rules', 'block 127.0.0.1\n')
  const origin = await startRawOrigin(answering(ok('x')))
  const port = await unusedPort()
  const { ruleSet: _ruleSet, ...options } = openOptions()
  const proxy = createProxy({
    ...options,
    listen: [`http://127.0.0.1:${port}`, 'http://localhost:0'],
    rules: { files: [{ name: 't.rules', path, action: 'block' }] },
  })
  const { connectRaw } = await import('../helpers/raw-peer.js')
  let isListening = false
  const started = proxy.listen().then(() => {
    isListening = true
  })
  const early: Promise<number>[] = []
  while (!isListening) {
    const client = await connectRaw(port).catch(() => undefined)
    if (client !== undefined) {
      await client.write(get(origin.url))
      early.push(client.readResponse().then(({ status }) => status))
    }
  }
  await started
  expect(new Set(await Promise.all(early))).toEqual(early.length === 0 ? new Set() : new Set([403]))
  await proxy.close({ drainMs: 0 })
})
