import { EventEmitter } from 'node:events'
import { isIPv6, type Socket } from 'node:net'
import fc from 'fast-check'
import { SocksClient } from 'socks'
import { describe, expect, test } from 'vitest'
import type { ProxyError } from '../../../src/errors.js'
import { type Hop, parseHop } from '../../../src/policy/hop.js'
import { type HopTarget, shakeHands } from '../../../src/upstream/handshake.js'
import { socketWire } from '../../../src/upstream/socket-wire.js'
import { socksHandshake } from '../../../src/upstream/socks.js'
import { turn } from '../../helpers/raw-peer.js'
import { readAll, socketPair } from '../../helpers/socket-pair.js'

const TARGET = { host: 'a.test', port: 443, family: 0 } as const
const GRANTED_5 = '\x05\0\0\x01\0\0\0\0\0\0'
const GRANTED_4 = '\0\x5a\0\0\0\0\0\0'

/** A parent that sends one answer for each message it gets, in pieces of `piece` octets. */
async function asked(
  url: string,
  answers: readonly string[],
  {
    target = TARGET,
    piece = 1_000,
    mustAuthenticate = false,
  }: { target?: HopTarget; piece?: number; mustAuthenticate?: boolean } = {},
) {
  const [near, far] = await socketPair()
  const requests: string[] = []
  far.on('data', (chunk) => {
    requests.push(chunk.toString('latin1'))
    const index = requests.length - 1
    const answer = answers[index] ?? ''
    void (async () => {
      for (let at = 0; at < answer.length; at += piece) {
        far.write(answer.slice(at, at + piece), 'latin1')
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      if (index >= answers.length - 1) far.end()
    })()
  })
  const handshake = socksHandshake({ ...(parseHop(url) as Hop), mustAuthenticate }, target)
  const error = await new Promise<ProxyError | null>((resolve) => shakeHands(socketWire, near, handshake, resolve))
  return { error, requests, near }
}

test.each([
  ['socks5h://p', ['\x05\0', GRANTED_5], TARGET, ['\x05\x01\0', '\x05\x01\0\x03\x06a.test\x01\xbb']],
  [
    'socks5h://p',
    ['\x05\0', GRANTED_5],
    { host: '2001:db8::1', port: 80, family: 6 },
    ['\x05\x01\0', `\x05\x01\0\x04\x20\x01\x0d\xb8${'\0'.repeat(11)}\x01\0\x50`],
  ],
  [
    'socks5://p',
    ['\x05\0', GRANTED_5],
    { host: '192.0.2.1', port: 80, family: 4 },
    ['\x05\x01\0', '\x05\x01\0\x01\xc0\0\x02\x01\0\x50'],
  ],
  [
    'socks5h://me:pw@p',
    ['\x05\x02', '\x01\0', GRANTED_5],
    TARGET,
    ['\x05\x02\0\x02', '\x01\x02me\x02pw', '\x05\x01\0\x03\x06a.test\x01\xbb'],
  ],
  ['socks4a://p', [GRANTED_4], TARGET, ['\x04\x01\x01\xbb\0\0\0\x01\0a.test\0']],
  ['socks4://me@p', [GRANTED_4], { host: '192.0.2.1', port: 80, family: 4 }, ['\x04\x01\0\x50\xc0\0\x02\x01me\0']],
] as const)('%s asks by the octets of its version', async (url, answers, target, expected) => {
  for (const piece of [1_000, 1]) {
    const { error, requests } = await asked(url, answers, { target, piece })
    expect(error).toBeNull()
    expect(requests).toEqual(expected)
  }
})

test.each([
  ['\x05\0', '\x05\x01\0\x01\0\0\0\0\0\0', 'VG_UPSTREAM_DENIED'],
  ['\x05\0', '\x05\x02\0\x01\0\0\0\0\0\0', 'VG_UPSTREAM_DENIED'],
  ['\x05\0', '\x05\x03\0\x01\0\0\0\0\0\0', 'VG_ORIGIN_UNROUTABLE'],
  ['\x05\0', '\x05\x04\0\x01\0\0\0\0\0\0', 'VG_ORIGIN_UNROUTABLE'],
  ['\x05\0', '\x05\x05\0\x01\0\0\0\0\0\0', 'VG_ORIGIN_REFUSED'],
  ['\x05\0', '\x05\x06\0\x01\0\0\0\0\0\0', 'VG_ORIGIN_CONNECT_TIMEOUT'],
  ['\x05\0', '\x05\x07\0\x01\0\0\0\0\0\0', 'VG_UPSTREAM_DENIED'],
  ['\x05\0', '\x05\x08\0\x01\0\0\0\0\0\0', 'VG_UPSTREAM_DENIED'],
  ['\x05\0', '\x05\xff\0\x01\0\0\0\0\0\0', 'VG_UPSTREAM_UNAVAILABLE'],
  ['\x05\xff', '', 'VG_UPSTREAM_CREDENTIALS'],
  ['\x05\x01', '', 'VG_UPSTREAM_CREDENTIALS'],
  ['HTTP/1.1 400 Bad Request\r\n\r\n', '', 'VG_UPSTREAM_UNAVAILABLE'],
  ['\x05', '', 'VG_UPSTREAM_UNAVAILABLE'],
  ['', '', 'VG_UPSTREAM_UNAVAILABLE'],
] as const)('SOCKS5 %j and %j: %s', async (greeting, reply, code) => {
  const { error } = await asked('socks5h://p', reply === '' ? [greeting] : [greeting, reply])
  expect(error?.code).toBe(code)
})

test.each([
  ['\0\x5b\0\0\0\0\0\0', 'VG_UPSTREAM_DENIED'],
  ['\0\x5c\0\0\0\0\0\0', 'VG_UPSTREAM_DENIED'],
  ['\0\x5d\0\0\0\0\0\0', 'VG_UPSTREAM_CREDENTIALS'],
  ['\0\x5a\0', 'VG_UPSTREAM_UNAVAILABLE'],
] as const)('SOCKS4 %j: %s', async (reply, code) => {
  expect((await asked('socks4a://p', [reply])).error?.code).toBe(code)
})

test('a password that is not accepted is told without it', async () => {
  const { error } = await asked('socks5h://me:hunter2@p', ['\x05\x02', '\x01\x01'])
  expect(error?.code).toBe('VG_UPSTREAM_CREDENTIALS')
  expect(JSON.stringify(error) + error?.stack).not.toContain('hunter2')
})

test.each([
  ['socks5h', ['\x05\0', `${GRANTED_5}early`]],
  ['socks5h', ['\x05\0', `\x05\0\0\x04${'\0'.repeat(18)}early`]],
  ['socks5h', ['\x05\0', '\x05\0\0\x03\x01a\0\x50early']],
  ['socks5h', ['\x05\0', '\x05\0\0\x03\0\0\x50ear']],
  ['socks4a', [`${GRANTED_4}early`]],
] as const)('%s: what comes behind the reply is the target’s, whole and octet by octet', async (scheme, answers) => {
  for (const piece of [1_000, 1, 5]) {
    const { error, near } = await asked(`${scheme}://p`, answers, { piece })
    expect(error).toBeNull()
    const rest = readAll(near)
    near.resume()
    expect(['early', 'ear']).toContain(await rest)
  }
})

describe('a hop that must take user and password', () => {
  const identified = (answers: readonly string[], piece: number) =>
    asked('socks5h://me:pw@p', answers, { piece, mustAuthenticate: true })

  test('is offered nothing else', async () => {
    for (const piece of [1_000, 1]) {
      const { error, requests } = await identified(['\x05\x02', '\x01\0', GRANTED_5], piece)
      expect(error).toBeNull()
      expect(requests).toEqual(['\x05\x01\x02', '\x01\x02me\x02pw', '\x05\x01\0\x03\x06a.test\x01\xbb'])
    }
  })

  test.each(['\x05\0', '\x05\xff'])('and answers %j is asked for nothing', async (answer) => {
    for (const piece of [1_000, 1]) {
      const { error, requests } = await identified([answer, GRANTED_5], piece)
      expect(error?.code).toBe('VG_UPSTREAM_CREDENTIALS')
      expect(requests).toHaveLength(1)
    }
  })

  test('may answer 0 wherever that says nothing of a method', async () => {
    const { error } = await identified(['\x05\x02', '\x01\0', '\x05\0\0\x01\0\0\0\0\0\0'], 1_000)
    expect(error).toBeNull()
  })
})

/** What the package `socks` writes for the same hop and target, when it gets these answers. */
async function writtenByPackage(hop: Hop, target: HopTarget, answers: readonly string[]): Promise<readonly string[]> {
  const written: string[] = []
  const standIn = Object.assign(new EventEmitter(), {
    write: (octets: Buffer) => written.push(octets.toString('latin1')),
    pause() {},
    resume() {},
    destroy() {},
  })
  const client = new SocksClient({
    proxy: {
      host: hop.host,
      port: hop.port,
      type: hop.scheme.startsWith('socks4') ? 4 : 5,
      userId: hop.username,
      password: hop.password,
    },
    command: 'connect',
    destination: { host: target.host, port: target.port },
    timeout: 1,
  })
  client.on('error', () => {})
  // its timer cannot be cleared
  Object.assign(client, { onEstablishedTimeout() {} })
  client.connect(standIn as unknown as Socket)
  for (const answer of answers) {
    standIn.emit('data', Buffer.from(answer, 'latin1'))
    // it takes one of the answers a turn later
    await turn()
  }
  return written
}

function written(hop: Hop, target: HopTarget, answers: readonly string[]): readonly string[] {
  const handshake = socksHandshake(hop, target)
  const progress = answers.map((answer) => handshake.receive(Buffer.from(answer, 'latin1')))
  const sent = progress.flatMap((one) => (one.outcome === 'send' ? [one.octets] : []))
  return [handshake.opening, ...sent].map((octets) => octets.toString('latin1'))
}

test('invariant: it writes, octet by octet, what the package `socks` writes', async () => {
  const name = fc.domain().map((host) => ({ host, family: 0 as const }))
  const four = fc.ipV4().map((host) => ({ host, family: 4 as const }))
  const six = fc
    .ipV6()
    .filter((host) => isIPv6(host))
    .map((host) => ({ host, family: 6 as const }))
  const port = fc.integer({ min: 1, max: 65_535 })
  // one octet for each length (RFC 1929), and none of SOCKS4 ends a user early
  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !/[\0\ufffd]/.test(text))
  const place = fc.tuple(fc.oneof(name, four, six), port).map(([at, number]) => ({ ...at, port: number }))
  const credentials = fc.option(fc.tuple(word, word), { nil: ['', ''] as const })
  await fc.assert(
    fc.asyncProperty(
      place,
      credentials,
      fc.constantFrom('socks4', 'socks4a', 'socks5', 'socks5h'),
      async (target, who, scheme) => {
        const is4 = scheme.startsWith('socks4')
        fc.pre(scheme !== 'socks4' || target.family === 4)
        const [username, password] = is4 ? [who[0], ''] : who
        const hop: Hop = { scheme, host: 'p.test', port: 1080, family: 0, username, password }
        const authentication = username === '' ? ['\x05\0'] : ['\x05\x02', '\x01\0']
        const answers = is4 ? [] : authentication
        expect(written(hop, target, answers)).toEqual(await writtenByPackage(hop, target, answers))
      },
    ),
  )
})
