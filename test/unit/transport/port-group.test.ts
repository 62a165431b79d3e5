import { closeSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { CannotRunError } from '../../../src/errors.js'
import { chooseEngine } from '../../../src/transport/native-addon.js'
import { openPortGroup, type PortGroup } from '../../../src/transport/port-group.js'
import { hasNativeEngine } from '../../helpers/engines.js'

const groups: PortGroup[] = []
afterEach(() => {
  for (const group of groups.splice(0)) group.close()
})

function open(ip: string, port: number, members = 3): PortGroup {
  const choice = chooseEngine('native')
  if (choice.engine !== 'native') throw new Error('not built')
  const group = openPortGroup(choice.addon, ip, port, members)
  groups.push(group)
  return group
}

const portOf = ({ url }: PortGroup): number => Number(new URL(url).port)

/** How the attempt to connect ends. */
function tryConnect(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve('connected')
    })
    socket.on('error', ({ message }) => resolve(message))
  })
}

/** Resolves when a server has closed the connection. */
function untilClosed(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.resume().on('error', reject)
    socket.on('close', () => resolve())
  })
}

describe.runIf(hasNativeEngine)('port group', () => {
  test.each(['127.0.0.1', '::1'])('takes one free port of %s for all of its sockets', (ip) => {
    const group = open(ip, 0)
    expect(group.url).toBe(`http://${ip === '::1' ? '[::1]' : ip}:${portOf(group)}`)
    expect(new Set([0, 1, 2].map(group.descriptorOf)).size).toBe(3)
    expect(group.descriptorOf(1)).toBe(group.descriptorOf(1))
  })

  test('takes no port that somebody else has, be it another group', async () => {
    const port = portOf(open('127.0.0.1', 0))
    expect(() => open('127.0.0.1', port)).toThrow(CannotRunError)
    expect(() => open('127.0.0.1', port)).toThrow(`127.0.0.1:${port}: the port is taken`)
    expect(() => open('192.0.2.1', 0)).toThrow('this machine has no such address')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    expect(() => open('127.0.0.1', typeof address === 'object' ? (address?.port ?? 0) : 0)).toThrow('taken')
    server.close()
  })

  test('members take turns: all clients go to one of them; spread again, they go to all', async () => {
    const group = open('127.0.0.1', 0)
    // the servers close the descriptors
    groups.length = 0
    const port = portOf(group)
    const servers: Server[] = []
    const taken = [0, 0, 0]
    for (const member of taken.keys()) {
      const server = createServer((socket) => {
        taken[member] = (taken[member] ?? 0) + 1
        // its end says that it was taken
        socket.resume().end()
      })
      await new Promise<void>((resolve) => server.listen({ fd: group.descriptorOf(member) }, resolve))
      servers.push(server)
    }
    const come = async (clients: number): Promise<readonly number[]> => {
      taken.fill(0)
      await Promise.all(Array.from({ length: clients }, () => untilClosed(port)))
      return [...taken]
    }
    const whose: number[] = []
    for (let turn = 0; turn < 6; turn++) {
      group.passTurn()
      const shares = await come(12)
      expect(shares.toSorted((one, other) => one - other)).toEqual([0, 0, 12])
      whose.push(shares.indexOf(12))
    }
    expect(new Set(whose.slice(0, 3)).size).toBe(3)
    expect(whose.slice(3)).toEqual(whose.slice(0, 3))
    group.spread()
    // all of 120 at one or two of three, by chance: less than 1 in 10^20
    expect(await come(120)).not.toContain(0)
    for (const server of servers) server.close()
  })

  test('without a member that was given up, the others take turns; without any, nothing happens', async () => {
    const group = open('127.0.0.1', 0)
    group.passTurn()
    group.giveUp(2)
    for (let turn = 0; turn < 4; turn++) {
      group.passTurn()
      expect(await tryConnect(portOf(group))).toBe('connected')
    }
    for (const member of [0, 1]) group.giveUp(member)
    group.passTurn()
    group.spread()
    expect(group.descriptorOf(0)).toBeGreaterThan(2)
    group.passTurn()
    expect(await tryConnect(portOf(group))).toBe('connected')
  })

  test('holds clients from the start on, without one that was given up, and until it is closed', async () => {
    const group = open('127.0.0.1', 0)
    const port = portOf(group)
    const connectAll = () => Promise.all(Array.from({ length: 20 }, () => tryConnect(port)))
    expect(new Set(await connectAll())).toEqual(new Set(['connected']))
    group.giveUp(0)
    group.giveUp(0)
    expect(new Set(await connectAll())).toEqual(new Set(['connected']))
    const again = group.descriptorOf(0)
    expect(again).not.toBe(group.descriptorOf(1))
    group.close()
    expect(await tryConnect(port)).toContain('ECONNREFUSED')
    // not to be closed twice: the number may be another file's
    expect(() => closeSync(again)).toThrow('EBADF')
  })
})
