import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { ANY_PORT } from '../../src/config/config.js'
import { PROHIBITED_TARGETS } from '../fixtures/ssrf-targets.js'
import { TEST_ENGINE } from '../helpers/engines.js'
import { hasNamespaces, runInNamespace } from '../helpers/namespace.js'
import { startOpenProxy } from '../helpers/open-proxy.js'
import { connectRaw } from '../helpers/raw-peer.js'
import { createTempFolder } from '../helpers/temp-folder.js'

// This file runs twice: outside it starts itself again in a network of its own, where the addresses that the guard
// closes exist, so that a hole in it shows as a connection to the canary and not as a missing route.
const INSIDE = 'VEILGATE_TEST_INSIDE_NAMESPACE'
const isInside = process.env[INSIDE] === 'yes'
const canRun = isInside || hasNamespaces()

const ADDRESSES = [
  '10.0.0.1/32',
  '10.9.8.7/32',
  '172.16.0.1/32',
  '192.168.0.1/32',
  '100.64.0.1/32',
  '100.100.100.200/32',
  '169.254.169.254/32',
  '169.254.170.2/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  '192.0.2.1/32',
  '198.18.0.1/32',
  '203.0.113.1/32',
  'fc00::1/128',
  'fd00::1/128',
  'fd00:ec2::254/128',
  'fe80::1/128',
  '64:ff9b::7f00:1/128',
  '64:ff9b::a9fe:a9fe/128',
  '2002:7f00:1::1/128',
  '2001:0:7f00:1::/128',
  '2001:db8::1/128',
]
const HOSTS = `127.0.0.1 localhost
::1 localhost
10.9.8.7 rebind.test
fd00::1 rebind6.test
192.168.0.1 mixed.test
::1 mixed.test
169.254.169.254 metadata.test
`

describe.skipIf(!canRun || isInside)('outside', () => {
  const folder = createTempFolder()

  test('no closed address is reached in a network where all of them answer', { timeout: 120_000 }, async () => {
    const vitest = [
      process.execPath,
      'node_modules/vitest/vitest.mjs',
      'run',
      'test/integration/ssrf-namespace.test.ts',
      `--project=${TEST_ENGINE}`,
    ]
    const result = await runInNamespace(vitest, {
      addresses: ADDRESSES,
      hostsFile: folder.write('hosts', HOSTS),
      cwd: process.cwd(),
      env: { [INSIDE]: 'yes' },
    })
    expect(result, `${result.stdout}${result.stderr}`).toMatchObject({ code: 0 })
    expect(result.stdout).toMatch(/Tests .*2 passed/)
  })
})

describe.skipIf(!isInside)('inside', () => {
  async function startCanary() {
    const reached: string[] = []
    const server = createServer((socket) => {
      reached.push(socket.localAddress ?? '')
      socket.on('error', () => {})
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\ncanary')
    })
    server.listen(0, '::')
    await once(server, 'listening')
    return { port: (server.address() as AddressInfo).port, reached, close: () => server.close() }
  }

  async function ask(port: number, head: string): Promise<number> {
    const client = await connectRaw(port)
    await client.write(head)
    const { status } = await client.readHead()
    client.close()
    return status
  }

  test('the canary is not reached with the guard as it is', async () => {
    const canary = await startCanary()
    const proxy = await startOpenProxy('', { egress: { guard: { allow: [] }, connectPorts: ANY_PORT } })
    const names = ['rebind.test', 'rebind6.test', 'mixed.test', 'metadata.test']
    const statuses = new Set<number>()
    for (const host of [...Object.values(PROHIBITED_TARGETS).flat(), ...names]) {
      const authority = `${host}:${canary.port}`
      statuses.add(await ask(proxy.port, `GET http://${authority}/canary HTTP/1.1\r\nHost: ${authority}\r\n\r\n`))
      statuses.add(await ask(proxy.port, `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`))
    }
    expect([...statuses]).toEqual([403])
    expect(canary.reached).toEqual([])
    canary.close()
    await proxy.close()
  })

  test('the canary is there: with the guard open it is reached at every address', async () => {
    const canary = await startCanary()
    const proxy = await startOpenProxy()
    for (const address of ADDRESSES.map((cidr) => cidr.slice(0, cidr.indexOf('/')))) {
      // a link-local address cannot be dialled without its zone
      if (address.startsWith('fe80')) continue
      const authority = `${address.includes(':') ? `[${address}]` : address}:${canary.port}`
      expect(await ask(proxy.port, `GET http://${authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`), authority).toBe(200)
    }
    expect(canary.reached).toHaveLength(ADDRESSES.length - 1)
    canary.close()
    await proxy.close()
  })
})
