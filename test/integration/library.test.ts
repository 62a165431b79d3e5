import { describe, expect, onTestFinished, test } from 'vitest'
import { CannotRunError, compileRules, createProxy, InputError } from '../../src/index.js'
import { answering, ok, startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import { openOptions, rulesOf, startTestProxy } from '../helpers/test-proxy.js'

const get = (target: string, fields = '') => `GET ${target} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`

describe('createProxy', () => {
  test('listens where it is told, names the ports it took, and stops', async () => {
    const proxy = createProxy({ ...openOptions(), listen: ['http://127.0.0.1:0', 'http://[::1]:0'] })
    expect(proxy.address).toBe('')
    await proxy.listen()
    expect(proxy.addresses).toEqual([
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^http:\/\/\[::1\]:\d+$/),
    ])
    expect(proxy.address).toBe(proxy.addresses[0])
    expect(proxy.connections).toBe(0)
    expect(await proxy.close()).toBe(0)
  })

  test('answers questions about rule files only once it has read them, and reloads only once it listens', async () => {
    const unread = createProxy({ rules: { files: [{ name: 'x', path: '/nowhere', action: 'block' }] } })
    expect(() => unread.decide({ target: 'a.test' })).toThrow('listen()')
    const idle = createProxy(openOptions())
    expect(idle.decide({ target: 'a.test' }).action).toBe('allow')
    await expect(idle.reload(openOptions())).rejects.toThrow('listens')
  })

  test('counts connections with something under way apart from those that wait', async () => {
    const origin = await startRawOrigin()
    const { proxy, connect } = await startTestProxy()
    await connect()
    const busy = await connect()
    await busy.write(get(`${origin.url}/`))
    await origin.peer(0)
    expect([proxy.connections, proxy.busyConnections]).toEqual([2, 1])
  })

  test('says in a sentence when its port is taken, and leaves no other listener behind', async () => {
    const { port } = await startTestProxy()
    const free = await unusedPort()
    const proxy = createProxy({ ...openOptions(), listen: [`http://127.0.0.1:${free}`, `http://127.0.0.1:${port}`] })
    await expect(proxy.listen()).rejects.toThrow(CannotRunError)
    await expect(proxy.listen()).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: the port is taken`)
    const other = createProxy({ ...openOptions(), listen: [`http://127.0.0.1:${free}`] })
    await other.listen()
    await other.close({ drainMs: 0 })
  })

  test('serves nobody but this machine unless it is told to', async () => {
    const proxy = createProxy({ ...openOptions(), listen: ['http://0.0.0.0:0'] })
    onTestFinished(() => void proxy.close({ drainMs: 0 }))
    await expect(proxy.listen()).rejects.toThrow(InputError)
    const told = createProxy({ ...openOptions(), listen: ['http://0.0.0.0:0'], clients: { allow: ['127.0.0.0/8'] } })
    await told.listen()
    await told.close({ drainMs: 0 })
  })

  test('says where a listen address is wrong', () => {
    expect(() => createProxy({ listen: ['ftp://127.0.0.1:1'] })).toThrow(InputError)
  })

  test('lets two proxies live side by side with their own rules', async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const [strict, lax] = [await startTestProxy({ lines: ['block 127.0.0.1'] }), await startTestProxy()]
    for (const [{ connect }, status] of [
      [strict, 403],
      [lax, 200],
    ] as const) {
      const client = await connect()
      await client.write(get(`${origin.url}/`))
      expect((await client.readResponse()).status).toBe(status)
    }
  })

  test('decides without a socket what a client would get', () => {
    const proxy = createProxy(openOptions({ lines: ['block .ads.test', 'block http://a.test/banner/**'] }))
    expect(proxy.rules.size).toBe(2)
    expect(proxy.decide({ target: 'x.ads.test' })).toMatchObject({
      host: 'x.ads.test',
      action: 'block',
      reason: 'rule',
      error: 'VG_REQUEST_BLOCKED',
      rule: { list: 't.rules', line: 1 },
    })
    expect(proxy.decide({ target: 'http://a.test/banner/1' }).action).toBe('block')
    expect(proxy.decide({ target: 'http://a.test/' }).action).toBe('allow')
    expect(proxy.decide({ target: 'https://10.0.0.1/' })).toMatchObject({
      reason: 'guard',
      error: 'VG_ADDRESS_PROHIBITED',
    })
    expect(proxy.decide({ target: 'a b' })).toMatchObject({ reason: 'malformed', host: '' })
  })

  test('ends only the connection on which a fault of its own comes up, and says so', async () => {
    const rules = rulesOf(['block a.test'])
    const decide: typeof rules.decide = (target) => {
      if (typeof target !== 'string' && target.host === 'fault.test') throw new Error('a fault on purpose')
      return rules.decide(target)
    }
    const { connect, proxy, messages } = await startTestProxy({ ruleSet: { ...rules, decide } })
    const [other, client] = [await connect(), await connect()]
    await client.write(get('http://fault.test/'))
    await client.closed()
    expect(messages.join()).toContain('a fault on purpose')
    await other.write(get('http://a.test/'))
    expect((await other.readResponse()).status).toBe(403)
    expect(proxy.connections).toBe(1)
  })

  test('stops telling a listener that has left', async () => {
    const { proxy, connect, record } = await startTestProxy()
    let heard = 0
    const leave = proxy.on('exchange', () => heard++)
    const client = await connect()
    await client.write(get('http://127.0.0.1:1/'))
    await record(0)
    leave()
    await client.readResponse()
    await client.write(get('http://127.0.0.1:1/'))
    await record(1)
    expect(heard).toBe(1)
  })
})

describe('compileRules', () => {
  test('makes a set that decides about hosts and URLs, and changes only into a new set', () => {
    const rules = compileRules([{ name: 'mine', text: 'block .ads.test\nallow ok.ads.test' }])
    expect(rules.decide('x.ads.test')).toMatchObject({ action: 'block', rule: { list: 'mine', line: 1 } })
    expect(rules.decide('http://ok.ads.test/x').action).toBe('allow')
    const more = rules.with({ add: ['block other.test'], remove: ['block .ads.test'] })
    expect(more.decide('other.test').action).toBe('block')
    expect(more.decide('x.ads.test').action).toBe('allow')
    expect(rules.decide('other.test').action).toBe('allow')
  })

  test('says where a rule is wrong', () => {
    expect(() => compileRules([{ name: 'mine', text: 'block ok.test\nblock [x' }])).toThrow(/^mine:2:/)
  })
})

describe('the record of an exchange', () => {
  const names = [
    'ts',
    'id',
    'client',
    'listener',
    'method',
    'target',
    'decision',
    'egress',
    'status',
    'bytes',
    'ms',
    'headersRemoved',
    'wouldBlock',
    'error',
  ]

  test('of a request has every name of the contract, and no query', async () => {
    const origin = await startRawOrigin(answering(ok('hello', 'Content-Type: text/x\r\n')))
    const { connect, record, proxy } = await startTestProxy({ lines: ['allow 127.0.0.1'] })
    const before = Date.now()
    const client = await connect()
    const text = get(
      `${origin.url}/path?secret=1`,
      'User-Agent: u\r\nReferer: http://r.test/\r\nVia: 1.1 a\r\nFROM: a@b.test\r\n',
    )
    await client.write(text)
    const response = await client.readResponse()
    const told = await record(0)
    expect(Object.keys(told)).toEqual(expect.arrayContaining(names))
    expect(told).toMatchObject({
      client: { ip: '127.0.0.1', port: client.socket.localPort, user: null, group: null },
      listener: proxy.address,
      method: 'GET',
      httpMinor: 1,
      target: { form: 'absolute', host: '127.0.0.1', port: origin.port, path: '/path', ip: '127.0.0.1', sni: null },
      decision: {
        action: 'allow',
        reason: 'rule',
        level: 'allow',
        rule: { list: 't.rules', line: 1, text: 'allow 127.0.0.1' },
      },
      egress: { route: 'direct', ip: '127.0.0.1' },
      status: 200,
      bytes: { fromClient: text.length },
      headersRemoved: ['Via', 'FROM'],
      wouldBlock: false,
      error: null,
      referer: 'http://r.test/',
      userAgent: 'u',
      contentType: 'text/x',
    })
    expect(told.bytes.toClient).toBe(response.startLine.length + response.lines.join('\r\n').length + 6 + 5)
    expect(told.ts).toBeGreaterThanOrEqual(before)
    expect(told.ms.dns).toBeNull()
    expect(told.ms.connect).toBeGreaterThanOrEqual(0)
    expect(told.ms.ttfb).toBeGreaterThanOrEqual(0)
    expect(told.ms.total).toBeGreaterThanOrEqual(told.ms.ttfb ?? 0)
    expect(JSON.stringify(told)).not.toContain('secret')
  })

  test('of a body counts its octets', async () => {
    const origin = await startRawOrigin(answering(ok('')))
    const { connect, record } = await startTestProxy()
    const client = await connect()
    const text = `POST ${origin.url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`
    await client.write(text + 'x'.repeat(1_000))
    expect((await record(0)).bytes.fromClient).toBe(text.length + 1_000)
  })

  test('of a refusal has no address and no egress', async () => {
    const { connect, record } = await startTestProxy({ lines: ['block b.test'] })
    const client = await connect()
    await client.write(get('http://b.test/'))
    expect(await record(0)).toMatchObject({
      target: { form: 'absolute', host: 'b.test', port: 80, ip: null },
      decision: { action: 'block', reason: 'rule', level: 'block', rule: { line: 1 } },
      egress: null,
      status: 403,
      ms: { dns: null, connect: null, ttfb: null },
      error: 'VG_REQUEST_BLOCKED',
    })
  })

  test('of a tunnel names its host and port', async () => {
    const origin = await startRawOrigin()
    const { connect, record } = await startTestProxy()
    const client = await connect()
    await client.write(`CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await client.readHead()
    client.end()
    ;(await origin.peer(0)).end()
    const told = await record(0)
    expect(told).toMatchObject({
      method: 'CONNECT',
      target: { form: 'authority', host: 'localhost', port: origin.port, path: '', ip: '127.0.0.1' },
      status: 200,
      error: null,
    })
    expect(told.ms.dns).toBeGreaterThanOrEqual(0)
  })

  test('of what cannot be read is malformed and holds nothing of it', async () => {
    const { connect, record } = await startTestProxy()
    const client = await connect()
    await client.write('GET http://a.test/secret HTTP/1.1\r\nBad Field: secret\r\n\r\n')
    const told = await record(0)
    expect(told).toMatchObject({
      method: '',
      target: { form: 'invalid', host: '', port: 0, path: '' },
      decision: { action: 'block', reason: 'malformed' },
      status: 400,
      error: 'VG_REQUEST_MALFORMED',
    })
    expect(JSON.stringify(told)).not.toContain('secret')
  })
})
