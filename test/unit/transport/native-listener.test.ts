import { closeSync, openSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createProxy } from '../../../src/app.js'
import { compileRules } from '../../../src/compile-rules.js'
import { mergeSettings } from '../../../src/config/settings.js'
import { createServing } from '../../../src/serving.js'
import { hasNativeEngine } from '../../helpers/engines.js'
import { connectRaw } from '../../helpers/raw-peer.js'
import { startTestProxy } from '../../helpers/test-proxy.js'

describe.runIf(hasNativeEngine)('native listener', () => {
  test('takes a free port, of names and of IPv6 addresses too', async () => {
    const { proxy } = await startTestProxy({
      engine: 'native',
      listen: ['http://127.0.0.1:0', 'http://[::1]:0', 'http://localhost:0'],
    })
    expect(proxy.addresses.map((address) => address.replace(/\d+$/, 'PORT'))).toEqual([
      'http://127.0.0.1:PORT',
      'http://[::1]:PORT',
      expect.stringMatching(/^http:\/\/(127\.0\.0\.1|\[::1\]):PORT$/),
    ])
  })

  test('tells of a client of a dual-stack listener by its IPv4 address', async () => {
    const { proxy, record } = await startTestProxy({ engine: 'native', listen: ['http://[::]:0'], open: true })
    const client = await connectRaw(Number(new URL(proxy.address).port))
    await client.write('CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\n')
    expect((await client.readResponse()).status).toBe(502)
    expect((await record(0)).client.ip).toBe('127.0.0.1')
    client.close()
  })

  test('a taken port is an error that says what to do', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : 0
    const proxy = createProxy({ engine: 'native', listen: [`http://127.0.0.1:${port}`] })
    await expect(proxy.listen()).rejects.toMatchObject({ name: 'CannotRunError', message: /port is taken; stop/ })
    other.close()
  })

  test('what was inherited and does not listen is refused', async () => {
    const file = openSync('/dev/null', 'r')
    const config = mergeSettings({ engine: 'native', listen: ['http://127.0.0.1:1'] })
    const serving = createServing({ config, ruleSet: compileRules([]), sockets: [file] })
    await expect(serving.listen()).rejects.toMatchObject({ name: 'CannotRunError', message: /ENOTSOCK/ })
    // it is still ours
    closeSync(file)
  })

  test('a client that is not listed is turned away before it asks', async () => {
    const { connect, record } = await startTestProxy({ engine: 'native', clients: { allow: ['192.0.2.0/24'] } })
    const client = await connect()
    expect((await client.readResponse()).status).toBe(403)
    expect(await client.closed()).toBe('end')
    expect((await record(0)).error).toBe('VG_CLIENT_REFUSED')
  })
})
