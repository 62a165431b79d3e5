import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { TEST_ENGINE } from '../helpers/engines.js'
import { answering, ok, startRawOrigin } from '../helpers/raw-origin.js'
import { connectRaw, type RawPeer } from '../helpers/raw-peer.js'
import { hasCommand, runCommand } from '../helpers/run-command.js'
import { askFor, newPlace } from '../helpers/running-command.js'
import { waitFor } from '../helpers/wait-for.js'

const canLimit = existsSync('/proc/self/limits') && hasCommand('prlimit')

const bin = fileURLToPath(new URL('../../bin/veilgate', import.meta.url))

const CONFIG = `
listen: [http://127.0.0.1:0]
rules: { files: [t.rules] }
egress: { guard: { allow: [127.0.0.0/8] }, connectPorts: any }
admin: { listen: http://127.0.0.1:0 }
log: { access: { file: access.log, format: json } }
`

/** Every socket and file that is opened from now on fails with EMFILE. @returns ends that */
function exhaust(pid: number): () => void {
  const setLimit = (limit: number) => execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:1024`])
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number))
  // the limit is for the number of a descriptor: the first that is free must be beyond it
  let free = 0
  while (taken.has(free)) free++
  setLimit(free)
  return () => setLimit(1_024)
}

/** With a limit of 128 descriptors, which is soon reached. */
async function startWithFew(listeners = 1) {
  const place = newPlace()
  place.write('t.rules', 'block a.test\n')
  const listen = `listen: [${Array(listeners).fill('http://127.0.0.1:0')}]`
  const config = place.write('veilgate.yaml', CONFIG.replace(/listen: .*/, listen))
  const veilgate = await place.start(['--config', config, '--engine', TEST_ENGINE], {
    through: ['prlimit', '--nofile=128:128'],
  })
  return { place, veilgate }
}

/** Clients that have asked once and stay, until no more are let in. */
async function fillUp(veilgate: Awaited<ReturnType<typeof startWithFew>>['veilgate']): Promise<readonly RawPeer[]> {
  const peers: RawPeer[] = []
  while (!veilgate.output.stderr.includes('no more clients are let in')) {
    peers.push(await connectRaw(veilgate.port))
    await peers.at(-1)?.write('GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n')
    await waitFor(() => {
      const isServed = peers.at(-1)?.received.startsWith('HTTP/1.1 403')
      expect(isServed || veilgate.output.stderr.includes('no more clients are let in')).toBe(true)
    })
  }
  return peers
}

async function openMany(port: number, count: number): Promise<readonly RawPeer[]> {
  const peers = await Promise.all(Array.from({ length: count }, () => connectRaw(port)))
  return peers
}

test.skipIf(!canLimit)('what is kept for the next tunnels takes no client’s place', async () => {
  const lets = async (tunnels: number): Promise<number> => {
    const { veilgate } = await startWithFew()
    const origin = await startRawOrigin()
    const open = async (index: number) => {
      const client = await connectRaw(veilgate.port)
      await client.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
      await client.readPast('\r\n\r\n')
      return { client, peer: await origin.peer(index) }
    }
    const long = await open(0)
    const short = []
    for (let index = 1; index <= tunnels; index++) short.push(await open(index))
    for (const { client, peer } of short) {
      client.end()
      await peer.ended()
      peer.end()
      await client.closed()
    }
    const peers = await fillUp(veilgate)
    for (const peer of [...peers, long.client]) peer.close()
    return peers.length
  }
  expect(await lets(16)).toBeGreaterThanOrEqual((await lets(0)) - 2)
})

test.skipIf(!canLimit)(
  'near the limit of descriptors no client is let in; logs, reload and admin live on, and clients are let in again',
  async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const { place, veilgate } = await startWithFew()
    const [, admin = ''] = /metrics and health on (\S+)/.exec(veilgate.output.stderr) ?? []
    const metrics = async () => (await fetch(`${admin}/metrics`)).text()

    const peers = await openMany(veilgate.port, 300)
    await veilgate.says('descriptors are in use: no more clients are let in')
    for (const peer of peers) await peer.write('GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n')
    const served = () => peers.filter(({ received }) => received.startsWith('HTTP/1.1 403'))
    await waitFor(() => expect(served().length).toBeGreaterThan(20))
    // the others wait in the backlog, and none is turned away
    expect(served().length).toBeLessThan(100)
    expect(peers.filter(({ ending }) => ending !== 'open')).toEqual([])

    // admin, reload and a reopened log work with what is kept for them
    expect(await metrics()).toMatch(/veilgate_ratelimited_total\{limit="descriptors"\} [1-9]/)
    expect((await fetch(`${admin}/healthz`)).status).toBe(200)
    place.write('t.rules', 'block a.test\nblock b.test\n')
    veilgate.signal('SIGHUP')
    await veilgate.says('reloaded: 2 rules')
    renameSync(join(place.path, 'access.log'), join(place.path, 'access.log.1'))
    veilgate.signal('SIGUSR1')
    await waitFor(() => expect(existsSync(join(place.path, 'access.log'))).toBe(true))

    // those that have a connection are served
    const [first] = served()
    await first?.readResponse()
    await first?.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await first?.readResponse())?.status).toBe(200)

    // whoever leaves makes room for the next one, until all 300 have their answer
    const answered = new Set<RawPeer>()
    await waitFor(() => {
      for (const peer of served()) answered.add(peer)
      for (const peer of answered) peer.close()
      expect(answered.size).toBeGreaterThanOrEqual(299)
    })
    for (const peer of peers) peer.close()
    await waitFor(async () => expect((await askFor(veilgate.port, `${origin.url}/`)).status).toBe('200'))
    veilgate.signal('SIGTERM')
    expect(await veilgate.exit).toBe(0)
  },
)

test.skipIf(!canLimit)(
  'without any descriptor left, what is open goes on, what is new fails clearly or waits, and all is well afterwards',
  async () => {
    const origin = await startRawOrigin(async (peer) => {
      peer.socket.on('end', () => peer.end())
      await answering(ok('x'))(peer, 0)
    })
    const other = await startRawOrigin(answering(ok('y')))
    const place = newPlace()
    place.write('t.rules', 'block a.test\n')
    const config = place.write('veilgate.yaml', CONFIG)
    const veilgate = await place.start(['--config', config, '--engine', TEST_ENGINE])
    const [, admin = ''] = /metrics and health on (\S+)/.exec(veilgate.output.stderr) ?? []
    const get = (url: string) => `GET ${url}/ HTTP/1.1\r\nHost: x\r\n\r\n`
    const [asking, blocked, tunnel, dialling, naming] = await openMany(veilgate.port, 5)
    await tunnel?.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await tunnel?.readHead())?.status).toBe(200)
    await asking?.write(get(origin.url))
    await asking?.readResponse()
    await blocked?.write(get('http://a.test'))
    expect((await blocked?.readResponse())?.status).toBe(403)

    const recover = exhaust(veilgate.pid)
    await dialling?.write(get(other.url))
    expect((await dialling?.readResponse())?.status).toBe(503)
    await naming?.write(get('http://never-seen.test'))
    expect((await naming?.readResponse())?.status).toBeGreaterThanOrEqual(502)
    const waiting = await connectRaw(veilgate.port)
    await waiting.write(get(origin.url))
    await tunnel?.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect((await tunnel?.readResponse())?.body).toBe('x')
    await asking?.write(get(origin.url))
    expect((await asking?.readResponse())?.body).toBe('x')
    veilgate.signal('SIGHUP')
    await veilgate.says('EMFILE')
    await blocked?.write(get('http://a.test'))
    expect((await blocked?.readResponse())?.status).toBe(403)

    recover()
    const [, met] = /\{limit="descriptors"\} (\d+)/.exec(await (await fetch(`${admin}/metrics`)).text()) ?? []
    // what could not be dialled; and, where the engine hears of it, that nobody could be taken
    expect(Number(met)).toBeGreaterThanOrEqual(TEST_ENGINE === 'native' ? 2 : 1)
    // closed, or served now: never left alone
    void waiting.ended().then(() => waiting.end())
    const { status } = await waiting.readResponse().catch(() => ({ status: 0 }))
    expect([0, 200]).toContain(status)
    waiting.close()
    expect((await askFor(veilgate.port, `${other.url}/`)).text).toContain('y')
    veilgate.signal('SIGHUP')
    await veilgate.says('reloaded: 1 rule')
    for (const peer of [asking, blocked, tunnel, dialling, naming]) peer?.close()
    veilgate.signal('SIGTERM')
    expect(await veilgate.exit).toBe(0)
  },
)

test.skipIf(!canLimit)('full of tunnels, each that ends lets in who waits, and nobody is turned away', async () => {
  let over = 0
  const origin = await startRawOrigin(async (peer) => {
    peer.socket.on('end', () => peer.end()).on('close', () => over++)
  })
  const { veilgate } = await startWithFew()
  const peers: RawPeer[] = []
  const served = () => peers.filter(({ received }) => received.startsWith('HTTP/1.1 200'))
  while (peers.length < 80) {
    const peer = await connectRaw(veilgate.port)
    peers.push(peer)
    await peer.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
    if (peers.length < 30) await waitFor(() => expect(served().length).toBe(peers.length))
  }
  await veilgate.says('descriptors are in use: no more clients are let in')

  const ended = new Set<RawPeer>()
  while (served().length < peers.length) {
    const peer = await waitFor(() => {
      const open = served().find((one) => !ended.has(one))
      if (open === undefined) throw new Error('nobody is let in')
      return open
    })
    ended.add(peer)
    peer.close()
    // one by one, so that it is one shortage all the time
    await waitFor(() => expect(over).toBe(ended.size))
  }
  expect(veilgate.output.stderr.split('no more clients are let in').length).toBe(2)
  for (const peer of peers) peer.close()
})

test.skipIf(!canLimit)('of many that are let in at a time, all have their origins dialled', async () => {
  const origin = await startRawOrigin(async () => {})
  const { veilgate } = await startWithFew()
  const crowd = await openMany(veilgate.port, 100)
  await veilgate.says('descriptors are in use: no more clients are let in')
  const others = await openMany(veilgate.port, 60)
  for (const peer of others) await peer.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
  for (const peer of crowd) await peer.write('GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n')
  // those of Node make room together, when it is looked for again
  await waitFor(() => expect(crowd.filter(({ received }) => received !== '').length).toBeGreaterThan(40))
  for (const peer of crowd) peer.close()
  await waitFor(() => expect(others.filter(({ received }) => received !== '').length).toBeGreaterThan(25))
  expect(others.filter(({ received }) => received.startsWith('HTTP/1.1 503'))).toEqual([])
  for (const peer of others) peer.close()
})

test.skipIf(!canLimit)(
  'connections to origins that have nothing more to do make room for clients that wait',
  async () => {
    const asked: RawPeer[] = []
    const origin = await startRawOrigin(async (peer) => {
      await peer.readRequest()
      asked.push(peer)
    })
    const { veilgate } = await startWithFew()
    const clients: RawPeer[] = []
    while (clients.length < 30) {
      clients.push(...(await openMany(veilgate.port, 1)))
      await clients.at(-1)?.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
      await waitFor(() => expect(asked.length).toBe(clients.length))
    }
    const others = await openMany(veilgate.port, 40)
    await veilgate.says('descriptors are in use: no more clients are let in')
    for (const peer of others) await peer.write('GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n')

    for (const peer of asked) await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    for (const peer of clients) expect((await peer.readResponse()).status).toBe(200)
    const isServed = ({ received }: RawPeer) => received.startsWith('HTTP/1.1 403')
    // after 25 s idle ones would end by themselves
    await vi.waitFor(() => expect(others.filter(isServed).length).toBeGreaterThan(30), 15_000)
    for (const peer of [...clients, ...others]) peer.close()
  },
)

test.skipIf(!canLimit)('nearly full, clients that are connected keep their connections to origins', async () => {
  let dialled = 0
  const origin = await startRawOrigin(async (peer) => {
    dialled++
    for (;;) {
      await peer.readRequest()
      await peer.write(ok('x'))
    }
  })
  const { veilgate } = await startWithFew()
  const peers = await fillUp(veilgate)
  // room for one, which the first that asks takes for its origin
  const [first, ...others] = peers
  for (const peer of others.slice(-2)) peer.close()
  await first?.readResponse()
  for (let i = 0; i < 4; i++) {
    // while clients wait, idle connections are closed every 100 ms
    await pause(150)
    await first?.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await first?.readResponse())?.status).toBe(200)
  }
  expect(dialled).toBe(1)
  for (const peer of peers) peer.close()
})

test.skipIf(!canLimit)('a client waits, and is not closed, where dials have taken what was left', async () => {
  const origin = await startRawOrigin(async () => {})
  const { veilgate } = await startWithFew()
  const peers = await fillUp(veilgate)
  for (const peer of peers.slice(-4)) peer.close()
  const asking = await connectRaw(veilgate.port)
  await asking.write('GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n')
  expect((await asking.readResponse()).status).toBe(403)
  for (const peer of peers.slice(0, 8)) {
    await peer.readResponse()
    await peer.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await peer.readHead()).status).toBe(200)
  }
  const late = await connectRaw(veilgate.port)
  await late.write('GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n')
  await pause(200)
  expect([late.ending, late.received]).toEqual(['open', ''])
  for (const peer of peers) peer.close()
  expect((await late.readResponse()).status).toBe(403)
  for (const peer of [asking, late]) peer.close()
})

test.skipIf(!canLimit)('what many listeners take is not given to clients a second time', async () => {
  const { veilgate } = await startWithFew(40)
  const peers = await openMany(veilgate.port, 200)
  for (const peer of peers) await peer.write('GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n')
  await veilgate.says('descriptors are in use: no more clients are let in')
  const answered = new Set<RawPeer>()
  await waitFor(() => {
    for (const peer of peers) if (peer.received.startsWith('HTTP/1.1 403')) answered.add(peer)
    for (const peer of answered) peer.close()
    expect(answered.size).toBe(200)
  })
})

test.skipIf(!canLimit)('who waits at one listener is let in though others wait at another', async () => {
  const { veilgate } = await startWithFew(2)
  const { listening } = JSON.parse(veilgate.output.stdout.split('\n')[0] ?? '')
  const [crowded = 0, other = 0] = listening.map((url: string) => Number(new URL(url).port))
  const crowd = await openMany(crowded, 150)
  await veilgate.says('descriptors are in use: no more clients are let in')
  const few = await openMany(other, 3)
  for (const peer of [...crowd, ...few]) await peer.write('GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n')
  const isServed = ({ received }: RawPeer) => received.startsWith('HTTP/1.1 403')
  const left = new Set<RawPeer>()
  await waitFor(() => {
    const served = crowd.filter((peer) => isServed(peer) && !left.has(peer))
    const [peer] = served
    // one by one: each makes room for one
    if (peer !== undefined && served.length > 40) {
      left.add(peer)
      peer.close()
    }
    expect(few.filter(isServed).length).toBe(3)
  })
  // the crowd still waits
  expect(crowd.filter(isServed).length).toBeLessThan(crowd.length)
  for (const peer of [...crowd, ...few]) peer.close()
})

test.skipIf(!canLimit)('a limit of descriptors that leaves none for clients is refused at the start', async () => {
  const words = ['start', '--listen', 'http://127.0.0.1:0', '--engine', TEST_ENGINE]
  const { code, stderr } = await runCommand('prlimit', ['--nofile=40:40', bin, ...words])
  expect(stderr).toContain('a limit of 40 descriptors leaves too few for clients')
  expect(code).toBe(3)
})
