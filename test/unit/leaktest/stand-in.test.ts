import { connect as connectTls } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeCertificate } from '../../../src/leaktest/certificate.js'
import { type StandIn, type StandInOptions, startStandIn } from '../../../src/leaktest/stand-in.js'
import { startRawOrigin, unusedPort } from '../../helpers/raw-origin.js'
import { connectRaw, RawPeer } from '../../helpers/raw-peer.js'

const certificate = makeCertificate(Date.now())

/** A stand-in that leads to an echo whatever it is asked for, but for port 9. */
async function standIn(scheme: StandInOptions['scheme'], more: Partial<StandInOptions> = {}) {
  const echo = await startRawOrigin((peer) => {
    peer.socket.pipe(peer.socket)
  })
  const asked: string[] = []
  const ports: number[] = []
  const started = await startStandIn({
    scheme,
    certificate,
    leadTo(host, port) {
      asked.push(`${host} ${port}`)
      return port === 9 ? undefined : echo.port
    },
    onPort: (port) => ports.push(port),
    ...more,
  })
  onTestFinished(() => started.close())
  return { ...started, standIn: started as StandIn, echo, asked, ports }
}

const NAME_5 = '\x05\x01\0\x03\x09a.example\0\x50'
const SOCKS_5: readonly (readonly [what: string, sent: readonly string[], answers: number, asked: string])[] = [
  ['a name', ['\x05\x01\0', NAME_5], 2, 'a.example 80'],
  ['IPv4', ['\x05\x01\0', '\x05\x01\0\x01\xc0\0\x02\x01\x01\xbb'], 2, '192.0.2.1 443'],
  ['IPv6', ['\x05\x01\0', `\x05\x01\0\x04\x20\x01${'\0'.repeat(13)}\x01\0\x50`], 2, '2001:0:0:0:0:0:0:1 80'],
  ['a name, with a login', ['\x05\x02\0\x02', '\x01\x02me\x06secret', NAME_5], 3, 'a.example 80'],
]
const LENGTHS = [2, 10]

describe.each(['socks5', 'socks5h'] as const)('%s', (scheme) => {
  test.each(SOCKS_5)('%s, octet by octet', async (_what, sent, _answers, wanted) => {
    const { port, asked, ports, standIn: it } = await standIn(scheme)
    const client = await connectRaw(port)
    const isLogin = sent.length === 3
    const lengths = isLogin ? [2, ...LENGTHS] : LENGTHS
    for (const [i, message] of sent.entries()) {
      await client.write(message, 1)
      await client.until(() => client.received.length >= (lengths[i] ?? 0))
      client.take(lengths[i] ?? 0)
    }
    await client.write('ping')
    await client.until(() => client.received === 'ping')
    expect([asked, ports.length]).toEqual([[wanted], 1])
    expect(it.sights).toEqual([
      {
        target: wanted.split(' ')[0],
        login: isLogin ? `${Buffer.from('me').toString('hex')}:${Buffer.from('secret').toString('hex')}` : '',
        text: `${sent.join('')}ping`,
      },
    ])
    it.forget()
    expect(it.sights).toEqual([])
  })

  test('refuses what leads nowhere', async () => {
    const { port } = await standIn(scheme)
    const client = await connectRaw(port)
    await client.write('\x05\x01\0\x05\x01\0\x03\x01a\0\x09')
    expect(await client.closed()).toBe('end')
    expect(client.received).toBe('\x05\0\x05\x02\0\x01\0\0\0\0\0\0')
  })
})

describe.each(['socks4', 'socks4a'] as const)('%s', (scheme) => {
  test.each([
    ['an address', '\x04\x01\0\x50\xc0\0\x02\x01me\0', '192.0.2.1 80'],
    ['a name', '\x04\x01\x01\xbb\0\0\0\x01me\0a.example\0', 'a.example 443'],
  ])('%s', async (_what, sent, wanted) => {
    const { port, asked } = await standIn(scheme)
    const client = await connectRaw(port)
    await client.write(sent, 3)
    await client.until(() => client.received.length >= 8)
    expect(client.take(8)).toBe('\0Z\0\0\0\0\0\0')
    await client.write('ping')
    await client.until(() => client.received === 'ping')
    expect(asked).toEqual([wanted])
  })

  test('refuses what leads nowhere', async () => {
    const { port } = await standIn(scheme)
    const client = await connectRaw(port)
    await client.write('\x04\x01\0\x09\xc0\0\x02\x01\0')
    expect(await client.closed()).toBe('end')
    expect(client.received).toBe('\0[\0\0\0\0\0\0')
  })
})

describe('http', () => {
  test('opens a tunnel', async () => {
    const { port, asked } = await standIn('http')
    const client = await connectRaw(port)
    await client.write('CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\nping')
    await client.until(() => client.received === 'HTTP/1.1 200 OK\r\n\r\nping')
    expect(asked).toEqual(['a.example 443'])
  })

  test('sends on a request in origin-form, without what it alone is told', async () => {
    const { port, asked, standIn: it } = await standIn('http')
    const client = await connectRaw(port)
    const rest = ' HTTP/1.1\r\nHost: a.example:81\r\nA: b\r\n'
    await client.write(`GET http://a.example:81/p?q${rest}Proxy-Authorization: Basic x\r\n\r\n`)
    await client.until(() => client.received === `GET /p?q${rest}\r\n`)
    expect(asked).toEqual(['a.example 81'])
    expect(it.sights[0]?.text).toContain('Basic x')
  })

  test('refuses what leads nowhere, and ends what is no request', async () => {
    const { port } = await standIn('http')
    const client = await connectRaw(port)
    await client.write('CONNECT a.example:9 HTTP/1.1\r\n\r\n')
    expect((await client.readResponse()).status).toBe(502)
    const stranger = await connectRaw(port)
    await stranger.write('\x05\x01\0\r\n\r\n')
    await stranger.closed()
    expect(stranger.received).toBe('')
  })
})

test('https is http in TLS, and ends what is none', async () => {
  const { port } = await standIn('https')
  const secure = connectTls({ port, host: '127.0.0.1', ca: certificate.cert })
  const client = new RawPeer(secure)
  await client.write('CONNECT a.example:443 HTTP/1.1\r\n\r\nping')
  await client.until(() => client.received === 'HTTP/1.1 200 OK\r\n\r\nping')
  secure.destroy()
  const plain = await connectRaw(port)
  await plain.write('CONNECT a.example:443 HTTP/1.1\r\n\r\n')
  await plain.closed()
  expect(plain.received).not.toContain('200')
})

describe('whatever becomes of a client or a target', () => {
  test.each(['', '\x05', '\x05\x01\0\x05\x01\0\x03\x09a.ex'])('an abort after %j leaves it as it was', async (sent) => {
    const { port, standIn: it, asked } = await standIn('socks5h')
    const gone = await connectRaw(port)
    await gone.write(sent)
    gone.reset()
    const client = await connectRaw(port)
    await client.write(`\x05\x01\0${NAME_5}`)
    await client.until(() => client.received.length >= 12)
    expect(asked).toEqual(['a.example 80'])
    expect(it.sights.at(-1)?.target).toBe('a.example')
  })

  test('a client that goes away takes the connection to the target with it, and so does a target', async () => {
    const { port, echo } = await standIn('socks5h')
    for (const who of ['client', 'target'] as const) {
      const client = await connectRaw(port)
      await client.write(`\x05\x01\0${NAME_5}`)
      await client.until(() => client.received.length >= 12)
      const target = await echo.peer(who === 'client' ? 0 : 1)
      const [leaves, stays] = who === 'client' ? [client, target] : [target, client]
      leaves.reset()
      await stays.closed()
    }
    expect(echo.open).toBe(0)
  })

  test('a target that is not there ends the connection', async () => {
    const closed = await unusedPort()
    const { port } = await standIn('socks5h', { leadTo: () => closed })
    const client = await connectRaw(port)
    await client.write(`\x05\x01\0${NAME_5}`)
    await client.closed()
    expect(client.received).toBe('\x05\0')
  })

  test('one that says nothing more is held until it closes, and no longer', async () => {
    const { port, close } = await standIn('socks5h')
    const silent = await Promise.all(
      ['', '\x05', '\x05\x01\0'].map(async (sent) => {
        const client = await connectRaw(port)
        await client.write(sent)
        return client
      }),
    )
    await silent[2]?.until(() => silent[2]?.received === '\x05\0')
    expect(silent.map(({ isClosed }) => isClosed)).toEqual([false, false, false])
    close()
    for (const client of silent) await client.closed()
    await expect(connectRaw(port)).rejects.toThrow('ECONNREFUSED')
  })
})
