import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ProxyOptions } from '../../src/app.js'
import { ENGINES } from '../helpers/engines.js'
import { hasNamespaces, runInNamespace } from '../helpers/namespace.js'
import { hasProgram, startParentProgram } from '../helpers/parent-programs.js'
import { connectRaw, type RawPeer } from '../helpers/raw-peer.js'
import { connectTo, get } from '../helpers/requests.js'
import { hasCommand } from '../helpers/run-command.js'
import { createTempFolder } from '../helpers/temp-folder.js'
import { startTestProxy } from '../helpers/test-proxy.js'

// This file runs twice: outside it starts itself again in a network of its own, in which every address of the world is
// the machine itself, so that whatever leaves has somewhere to go and is counted.
const INSIDE = 'VEILGATE_TEST_INSIDE_NAMESPACE'
const isInside = process.env[INSIDE] === 'yes'
const canRun = isInside || (hasNamespaces() && hasCommand('python3'))
const hasTor = canRun && hasProgram('tor')

const COUNTER = fileURLToPath(new URL('../helpers/count-packets.py', import.meta.url))
const MEMBERS = ['127.0.0.2', '127.0.0.3', '127.0.0.4']
const ROUNDS = 250

describe.skipIf(!canRun || isInside)('outside', () => {
  const folder = createTempFolder()

  test('with all members of an anonymous group down nothing leaves but to them', { timeout: 120_000 }, async () => {
    const vitest = [
      process.execPath,
      'node_modules/vitest/vitest.mjs',
      'run',
      'test/integration/upstream-namespace.test.ts',
    ]
    const result = await runInNamespace(vitest, {
      addresses: [],
      hostsFile: folder.write('hosts', '127.0.0.1 localhost\n'),
      cwd: process.cwd(),
      env: { [INSIDE]: 'yes', PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    })
    expect(result, `${result.stdout}${result.stderr}`).toMatchObject({ code: 0 })
    expect(result.stdout).toMatch(new RegExp(`Tests .*${ENGINES.length + (hasTor ? 2 : 0)} passed`))
  })
})

describe.skipIf(!isInside)('inside', () => {
  function root(command: string): void {
    const [program = '', ...words] = command.split(' ')
    const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${command}: ${stderr}`)
  }

  /** Every address of the world is local here; what is sent to none of the members is counted. */
  async function countPackets(proxyPort: number) {
    root('ip route replace local default dev lo')
    root('ip -6 route replace local default dev lo')
    const counter = spawn('python3', [COUNTER, String(proxyPort), ...MEMBERS], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void counter.kill('SIGKILL'))
    const lines = createInterface({ input: counter.stdout })[Symbol.asyncIterator]()
    expect((await lines.next()).value).toBe('ready')
    return async function counted() {
      counter.stdin.write('\n')
      return Number((await lines.next()).value)
    }
  }

  async function statusOf(client: RawPeer, text: string): Promise<number> {
    await client.write(text)
    return (await client.readResponse()).status
  }

  const GROUP: ProxyOptions = {
    upstreams: {
      a: { hops: ['socks5h://127.0.0.2:9050'], tor: false },
      b: { hops: ['http://127.0.0.3:3128'], tor: false, check: { everyMs: 1_000 } },
      c: { hops: ['socks4a://127.0.0.4:1080', 'http://203.0.113.9:3128'], tor: false },
      out: { group: 'first', members: ['a', 'b', 'c'], by: 'client', lifetimeMs: 600_000 },
    },
    route: [{ match: ['*'], via: 'out', anonymous: true }],
    limits: { connectTimeoutMs: 2_000 },
  }

  test.each(ENGINES)(
    '%s: a thousand requests: 503 each, and not one packet to anything but the members',
    async (engine) => {
      const proxy = await startTestProxy({ engine, listen: ['http://127.0.0.1:0'], ...GROUP, egress: {} })
      const counted = await countPackets(proxy.port)
      const client = await proxy.connect()
      const statuses = new Map<number, number>()
      const note = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1)
      for (let i = 0; i < ROUNDS; i++) {
        note(await statusOf(client, get(`http://site${i}.example/`)))
        note(await statusOf(client, get(`http://8.8.4.${i % 250}/`)))
        for (const authority of [`site${i}.example:443`, `[2606:4700::${i.toString(16)}]:443`]) {
          const tunnel = await proxy.connect()
          note(await statusOf(tunnel, connectTo(authority)))
          tunnel.close()
        }
        if (i === ROUNDS / 2) await proxy.proxy.reload({ listen: ['http://127.0.0.1:0'], ...GROUP })
      }
      expect(statuses).toEqual(new Map([[503, ROUNDS * 4]]))
      expect(await counted()).toBe(0)
      expect((await proxy.proxy.upstreams()).map((one) => one.kind === 'upstream' && one.dials > 0)).toContain(true)

      // and the count would have shown it
      const route = [{ match: ['*'], via: 'direct', anonymous: false }]
      await proxy.proxy.reload({ listen: ['http://127.0.0.1:0'], upstreams: {}, route })
      await statusOf(client, get('http://site.example/'))
      expect(await counted()).toBeGreaterThan(0)
    },
  )

  test.skipIf(!hasTor)(
    'a Tor that reaches nobody accepts and never answers: 503 within the connect time-out',
    async () => {
      const { port } = await startParentProgram('tor')
      const proxy = await startTestProxy({
        upstreams: { tor: { hops: [`socks5h://127.0.0.1:${port}`], tor: true } },
        route: [{ match: ['*'], via: 'tor', anonymous: true }],
        limits: { connectTimeoutMs: 1_000 },
      })
      for (const text of [
        get('http://duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion/'),
        connectTo('a.example:443'),
      ]) {
        const client = await proxy.connect()
        expect(await statusOf(client, text)).toBe(503)
      }
      expect(
        proxy.records.length === 0 || proxy.records.every(({ error }) => error === 'VG_UPSTREAM_UNAVAILABLE'),
      ).toBe(true)
      expect((await proxy.proxy.upstreams())[0]).toMatchObject({ status: 'down' })
    },
  )

  test.skipIf(!hasTor)('Tor takes the identities, and keeps apart what they keep apart', async () => {
    const { port, controlPort } = await startParentProgram('tor')
    const control = await connectRaw(controlPort)
    await control.write('AUTHENTICATE ""\r\nSETEVENTS STREAM\r\n')
    await control.until(() => control.received.startsWith('250 OK\r\n250 OK\r\n'))
    const proxy = await startTestProxy({
      upstreams: { tor: { hops: [`socks5h://127.0.0.1:${port}`], tor: true, isolate: 'site' } },
      route: [{ match: ['*'], via: 'tor', anonymous: true }],
      limits: { connectTimeoutMs: 60_000 },
    })

    /** What Tor says of a stream that it takes: its login is accepted, and where it leads nothing answers. */
    async function streamTo(host: string): Promise<Readonly<Record<string, string | undefined>>> {
      const client = await proxy.connect()
      const isTold = new RegExp(`^650 STREAM \\d+ NEW 0 ${host}:443 .*\r$`, 'm')
      control.received = ''
      await client.write(connectTo(`${host}:443`))
      await control.until(() => isTold.test(control.received))
      // given up, for who waits takes it for down
      client.close()
      const [told = ''] = isTold.exec(control.received) ?? []
      return Object.fromEntries([...told.matchAll(/(\w+)="?([^" \r]*)/g)].map(([, name = '', value]) => [name, value]))
    }
    const shown = [
      await streamTo('www.a.example'),
      await streamTo('www.b.example'),
      await streamTo('cdn.a.example'),
      await streamTo('duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion'),
    ]
    await proxy.proxy.newIdentity({ site: 'a.example' })
    shown.push(await streamTo('www.a.example'))
    expect(new Set(shown.map((stream) => stream.SOCKS_USERNAME))).toEqual(new Set(['<torS0X>0']))
    const [a, b, sister, onion, renewed] = shown.map((stream) => stream.SOCKS_PASSWORD)
    expect(a).toMatch(/^[\da-f]{64}$/)
    expect(sister).toBe(a)
    expect(new Set([a, b, onion, renewed]).size).toBe(4)
    // Tor's own account of what may not share a circuit
    expect(shown.every((stream) => stream.ISO_FIELDS?.includes('SOCKS_USERNAME,SOCKS_PASSWORD'))).toBe(true)
  })
})
