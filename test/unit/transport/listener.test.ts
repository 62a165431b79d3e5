import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createProxy } from '../../../src/app.js'
import { startTestProxy } from '../../helpers/test-proxy.js'

describe('listener', () => {
  test('takes a free port for port 0 and names it', async () => {
    const { proxy, port } = await startTestProxy()
    expect(port).toBeGreaterThan(0)
    expect(proxy.address).toBe(`http://127.0.0.1:${port}`)
  })

  test('a taken port is an error that says what to do', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : 0
    const proxy = createProxy({ listen: [`http://127.0.0.1:${port}`] })
    await expect(proxy.listen()).rejects.toMatchObject({ name: 'CannotRunError', message: /port is taken; stop/ })
    other.close()
  })

  test('a client that is not listed is turned away, and takes no place of one that is', async () => {
    const { connect } = await startTestProxy({ clients: { allow: ['192.0.2.0/24'] }, limits: { perClient: 1 } })
    for (let i = 0; i < 3; i++) {
      const client = await connect()
      expect((await client.readResponse()).status).toBe(403)
      expect(await client.closed()).toBe('end')
    }
  })

  test('the connection beyond the limit of a client is turned away until one of its own closes', async () => {
    const { connect, proxy } = await startTestProxy({ limits: { perClient: 1 } })
    const first = await connect()
    await expect.poll(() => proxy.connections).toBe(1)
    const second = await connect()
    expect((await second.readResponse()).status).toBe(429)
    await second.closed()
    first.close()
    await expect.poll(() => proxy.connections).toBe(0)
    const third = await connect()
    await third.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect((await third.readResponse()).status).toBe(400)
  })
})
