import { readdirSync, readlinkSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import { TEST_ENGINE } from '../helpers/engines.js'
import { type RawOrigin, startRawOrigin } from '../helpers/raw-origin.js'
import { eventually } from '../helpers/raw-peer.js'
import { startTestProxy } from '../helpers/test-proxy.js'

/*
 * native/src/spare_sockets.cc: while other tunnels are open, the socket of one that was short, towards loopback, is connected
 * again. Clients, proxy and origin are in this process, so all their sockets are to be seen here.
 */
const own = Object.values(networkInterfaces())
  .flatMap((some) => some ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

/** The sockets of this process, by what the system calls them: a number that no later one has. */
function socketNames(): ReadonlySet<string> {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return new Set(links.filter((link) => link.startsWith('socket:')))
}

async function setUp(host = '127.0.0.1') {
  const origin = await startRawOrigin(undefined, host)
  const { connect } = await startTestProxy({ egress: { guard: { allow: [`${host}/32`] } } })
  const before = socketNames().size
  const opened = new Map<RawOrigin, number>()

  async function open(to: RawOrigin = origin) {
    const index = opened.get(to) ?? 0
    opened.set(to, index + 1)
    const client = await connect()
    await client.write(`CONNECT ${to.authority} HTTP/1.1\r\nHost: ${to.authority}\r\n\r\n`)
    await client.readPast('\r\n\r\n')
    return { client, peer: await to.peer(index) }
  }

  /** Both ends are closed, the client's first. */
  async function close({ client, peer }: Awaited<ReturnType<typeof open>>): Promise<void> {
    client.end()
    await peer.ended()
    peer.end()
    await client.closed()
  }

  /** The sockets that are open beside those of the beginning and of so many tunnels, when there are so many. */
  async function spares(count: number, tunnels = 1): Promise<ReadonlySet<string>> {
    await eventually(() => socketNames().size === before + 4 * tunnels + count)
    return socketNames()
  }

  return { open, close, spares, before, connect }
}

describe.runIf(TEST_ENGINE === 'native')('the socket of a tunnel that is over', () => {
  test('is the next one’s while others are open, and is closed with the last of them', async () => {
    const { open, close, spares, before } = await setUp()
    const other = await open()
    const without = await spares(0)
    await close(await open())
    const spare = [...(await spares(1))].filter((name) => !without.has(name))
    expect(spare).toHaveLength(1)
    for (let round = 0; round < 5; round++) {
      const tunnel = await open()
      await tunnel.client.write(`question ${round}\n`)
      expect(await tunnel.peer.readPast('\n')).toBe(`question ${round}\n`)
      await tunnel.peer.write(`answer ${round}\n`)
      expect(await tunnel.client.readPast('\n')).toBe(`answer ${round}\n`)
      await spares(0, 2)
      await close(tunnel)
      expect(await spares(1)).toContain(spare[0])
    }
    await close(other)
    await eventually(() => socketNames().size === before)
  })

  test('serves an origin elsewhere on loopback, and one that refuses', async () => {
    const second = await startRawOrigin()
    const { open, close, connect, before } = await setUp()
    const other = await open()
    await close(await open())
    await close(await open(second))
    const client = await connect()
    await client.write('CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\n')
    expect((await client.readResponse()).status).toBe(502)
    client.close()
    await close(await open(second))
    await close(other)
    await eventually(() => socketNames().size === before)
  })

  test('is closed where it was the origin that ended first, or anything was cut off', async () => {
    const { open, spares } = await setUp()
    await open()
    const originFirst = await open()
    originFirst.peer.end()
    expect(await originFirst.client.closed()).toBe('end')
    expect(await originFirst.peer.closed()).toBe('end')
    await spares(0)
    const cut = await open()
    cut.client.reset()
    await cut.peer.closed()
    await spares(0)
  })

  test('is closed where much went through it: the kernel may have enlarged its buffers', async () => {
    const { open, close, spares } = await setUp()
    await open()
    const tunnel = await open()
    await tunnel.peer.write('x'.repeat(70_000))
    await tunnel.client.readBytes(70_000)
    await close(tunnel)
    await spares(0)
  })

  test('no more than sixteen are kept', async () => {
    const { open, close, spares } = await setUp()
    await open()
    const tunnels = []
    for (let count = 0; count < 20; count++) tunnels.push(await open())
    for (const tunnel of tunnels) await close(tunnel)
    await spares(16)
  })

  test.runIf(own !== undefined)('is closed where the origin is not on loopback: its numbers would tell', async () => {
    const { open, close, spares } = await setUp(own)
    await open()
    await close(await open())
    await spares(0)
  })
})
