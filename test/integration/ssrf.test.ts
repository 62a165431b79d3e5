import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ANY_PORT } from '../../src/config/config.js'
import { MALFORMED_TARGETS, PROHIBITED_TARGETS } from '../fixtures/ssrf-targets.js'
import { type DnsServer, startDnsServer } from '../helpers/dns-server.js'
import { type OpenProxy, startOpenProxy } from '../helpers/open-proxy.js'
import { connectRaw } from '../helpers/raw-peer.js'

/** The one address opened, where an honest origin listens on the port on which the canary has all the others. */
const OPENED = '127.0.0.9'
const METHODS = ['CONNECT', 'GET'] as const

let dns: DnsServer
let canary: Server
let origin: Server
let port: number
let reached: string[]

beforeAll(async () => {
  canary = createServer((socket) => {
    reached.push(socket.localAddress ?? '')
    socket.on('error', () => {})
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ncanary')
  })
  origin = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\norigin'))
  })
  origin.listen(0, OPENED)
  await once(origin, 'listening')
  port = (origin.address() as AddressInfo).port
  canary.listen(port, '127.0.0.1')
  await once(canary, 'listening')
  dns = await startDnsServer({
    'loop.test': { A: { addresses: ['127.0.0.1'] } },
    'six.test': { AAAA: { addresses: ['::1'] } },
    'any.test': { A: { addresses: ['0.0.0.0'] }, AAAA: { addresses: ['::'] } },
    'mapped.test': { AAAA: { addresses: ['::ffff:127.0.0.1'] } },
    'nat64.test': { AAAA: { addresses: ['64:ff9b::7f00:1'] } },
    'metadata.test': { A: { addresses: ['169.254.169.254'] } },
    'private.test': { A: { addresses: ['10.0.0.1', '192.168.0.1'] }, AAAA: { addresses: ['fd00::1'] } },
    'alias.test': { A: { addresses: ['127.0.0.1'], cname: 'innocent.test' } },
    'mixed.test': { A: { addresses: ['127.0.0.1', OPENED, '10.0.0.1'] }, AAAA: { addresses: ['::1'] } },
    'rebind.test': { A: (asked) => ({ addresses: [asked === 0 ? OPENED : '127.0.0.1'], ttl: 0 }) },
  })
})
afterAll(async () => {
  canary.close()
  origin.close()
  await dns.close()
})
beforeEach(() => {
  reached = []
})

async function startGuarded(allow: readonly string[]): Promise<OpenProxy> {
  const egress = { guard: { allow }, connectPorts: ANY_PORT, httpPorts: ANY_PORT, dns: { servers: [dns.address] } }
  return startOpenProxy('', { egress })
}

/** Status and error type that a target gets, with `GET` the body too. */
async function ask(proxy: OpenProxy, method: (typeof METHODS)[number], host: string): Promise<string> {
  const client = await connectRaw(proxy.port)
  try {
    const target = method === 'GET' ? `http://${host}:${port}/canary` : `${host}:${port}`
    await client.write(`${method} ${target} HTTP/1.1\r\nHost: ${OPENED}:${port}\r\nConnection: close\r\n\r\n`)
    const response = await client.readResponse(method === 'GET' ? 'GET' : 'HEAD')
    const error = /error=(\w+)/.exec(response.fields['proxy-status'] ?? '')?.[1]
    return `${response.status} ${error ?? response.body}`.trimEnd()
  } finally {
    client.close()
  }
}

describe.each(METHODS)('%s', (method) => {
  let proxy: OpenProxy
  beforeAll(async () => {
    proxy = await startGuarded([])
  })
  afterAll(() => proxy.close())

  test.each(Object.entries(PROHIBITED_TARGETS))(
    'reaches no address of %s, however it is written',
    async (_, targets) => {
      const answers: Record<string, string> = {}
      for (const target of targets) answers[target] = await ask(proxy, method, target)
      expect(answers).toEqual(Object.fromEntries(targets.map((target) => [target, '403 destination_ip_prohibited'])))
      expect(reached).toEqual([])
    },
  )

  test('takes nothing for a host that only a lenient resolver would', async () => {
    const answers: Record<string, string> = {}
    for (const target of MALFORMED_TARGETS) answers[target] = await ask(proxy, method, target)
    expect(answers).toEqual(Object.fromEntries(MALFORMED_TARGETS.map((target) => [target, '400 http_request_error'])))
    expect(reached).toEqual([])
  })

  test.each([
    'loop.test',
    'six.test',
    'any.test',
    'mapped.test',
    'nat64.test',
    'metadata.test',
    'private.test',
    'alias.test',
    'rebind.test',
  ])('reaches nothing by the name %s', async (name) => {
    expect(await ask(proxy, method, name)).toBe('403 destination_ip_prohibited')
    expect(reached).toEqual([])
  })
})

describe('with one address opened', () => {
  test('a name that also has closed ones is reached there and nowhere else', async () => {
    const proxy = await startGuarded([`${OPENED}/32`])
    try {
      for (let i = 0; i < 5; i++) expect(await ask(proxy, 'GET', 'mixed.test')).toBe('200 origin')
      expect(await ask(proxy, 'CONNECT', 'mixed.test')).toBe('200')
      expect(proxy.records.map(({ target }) => target.ip)).toEqual(Array(proxy.records.length).fill(OPENED))
      expect(reached).toEqual([])
    } finally {
      await proxy.close()
    }
  })

  test('a name that answers differently the next time gains nothing: what was judged is what is dialled', async () => {
    const zone = await startDnsServer({
      'rebind.test': { A: (asked) => ({ addresses: [asked === 0 ? OPENED : '127.0.0.1'], ttl: 0 }) },
    })
    try {
      const dnsOfThis = { servers: [zone.address] }
      const guard = { allow: [`${OPENED}/32`] }
      const first = await startOpenProxy('', { egress: { guard, dns: dnsOfThis } })
      expect(await ask(first, 'GET', 'rebind.test')).toBe('200 origin')
      expect(zone.questions.filter((question) => question === 'A rebind.test')).toHaveLength(1)
      await first.close()
      const second = await startOpenProxy('', { egress: { guard, dns: dnsOfThis } })
      expect(await ask(second, 'GET', 'rebind.test')).toBe('403 destination_ip_prohibited')
      await second.close()
      expect(reached).toEqual([])
    } finally {
      await zone.close()
    }
  })

  test('a range that carries IPv4 does not open what it carries', async () => {
    const proxy = await startGuarded(['64:ff9b::/96', '2002::/16', '2001::/32', '::/96'])
    try {
      for (const target of ['[64:ff9b::7f00:1]', '[2002:7f00:1::1]', '[2001::80ff:fffe]', '[::127.0.0.1]']) {
        expect(await ask(proxy, 'GET', target), target).toBe('403 destination_ip_prohibited')
      }
    } finally {
      await proxy.close()
    }
  })

  test('a Host field that names another place opens nothing', async () => {
    const proxy = await startGuarded([`${OPENED}/32`])
    try {
      const client = await connectRaw(proxy.port)
      await client.write(`GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: ${OPENED}:${port}\r\n\r\n`)
      expect((await client.readResponse()).status).toBe(403)
      client.close()
      expect(reached).toEqual([])
    } finally {
      await proxy.close()
    }
  })
})
