import { closeSync } from 'node:fs'
import { connect, createServer } from 'node:net'
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
