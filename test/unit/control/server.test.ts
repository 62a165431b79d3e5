import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ControlCommand, type ControlServer, openControlServer } from '../../../src/control/server.js'
import { CannotRunError, InputError } from '../../../src/errors.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
let sockets = 0

function newPath(): string {
  return join(folder.path, `${sockets++}.sock`)
}

async function open(
  path: string,
  commands: Readonly<Record<string, ControlCommand>> = {},
  ownFolder?: string,
): Promise<ControlServer> {
  const server = await openControlServer({ path, ownFolder }, commands)
  onTestFinished(() => server.close())
  return server
}

/** All that comes back for some bytes. */
async function say(path: string, text: string): Promise<string> {
  const socket = connect(path).setEncoding('utf8')
  let answer = ''
  socket.on('data', (data) => (answer += data))
  socket.on('error', () => {})
  socket.write(text)
  await once(socket, 'close')
  return answer
}

/** A process that listens and is killed, which leaves its socket behind. */
async function leaveStale(path: string): Promise<void> {
  const program = `require('node:net').createServer().listen(process.argv[1], () => console.log('listening'))`
  const child = spawn(process.execPath, ['-e', program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(existsSync(path)).toBe(true)
}

describe('a command', () => {
  const commands = {
    echo: (request: unknown) => request,
    later: async () => {
      await new Promise(setImmediate)
      return ['done']
    },
    fails: () => {
      throw new Error('it could not')
    },
    refuses: () => {
      throw new InputError([{ file: 'f', line: 0, column: 0, message: 'wrong', fix: 'right' }])
    },
  }

  test.each([
    ['{"command":"echo","a":[1]}\n', { ok: true, result: { command: 'echo', a: [1] } }],
    ['{"command":"later"}\n and more', { ok: true, result: ['done'] }],
    ['{"command":"fails"}\n', { ok: false, error: 'it could not' }],
    [
      '{"command":"refuses"}\n',
      { ok: false, problems: [{ file: 'f', line: 0, column: 0, message: 'wrong', fix: 'right' }] },
    ],
    ['{"command":"nothing"}\n', { ok: false, error: 'no command nothing' }],
    ['{"command":"toString"}\n', { ok: false, error: 'no command toString' }],
  ])('%j is answered with a line', async (request, answer) => {
    const { path } = await open(newPath(), commands)
    const line = await say(path, request)
    expect(line.endsWith('\n')).toBe(true)
    expect(JSON.parse(line)).toEqual(answer)
  })

  test.each(['no JSON\n', '[]\n', 'x'.repeat(70_000)])(
    'what is no request ends the connection (%#)',
    async (request) => {
      const { path } = await open(newPath(), commands)
      expect(await say(path, request)).toBe('')
      expect(JSON.parse(await say(path, '{"command":"later"}\n'))).toEqual({ ok: true, result: ['done'] })
    },
  )
})

describe('the socket', () => {
  test('is this user’s alone whatever the umask, and goes with the server', async () => {
    const before = process.umask(0)
    onTestFinished(() => void process.umask(before))
    const path = newPath()
    const server = await openControlServer({ path, ownFolder: undefined }, {})
    expect(process.umask(0)).toBe(0)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await server.close()
    expect(existsSync(path)).toBe(false)
  })

  test('ends with connections that are open', async () => {
    const path = newPath()
    const server = await openControlServer({ path, ownFolder: undefined }, { never: () => new Promise(() => {}) })
    const waiting = say(path, '{"command":"never"}\n')
    const silent = say(path, '')
    await new Promise((resolve) => setTimeout(resolve, 20))
    await server.close()
    expect([await waiting, await silent]).toEqual(['', ''])
  })

  test('of a live instance is left alone', async () => {
    const { path } = await open(newPath(), { who: () => 'first' })
    await expect(openControlServer({ path, ownFolder: undefined }, {})).rejects.toThrow(
      `${path} belongs to another veilgate that is running`,
    )
    expect(JSON.parse(await say(path, '{"command":"who"}\n')).result).toBe('first')
  })

  test('that was left behind is replaced', async () => {
    const path = newPath()
    await leaveStale(path)
    await open(path, { who: () => 'second' })
    expect(JSON.parse(await say(path, '{"command":"who"}\n')).result).toBe('second')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('of several that start at once over one that was left behind is that of one', async () => {
    const path = newPath()
    await leaveStale(path)
    const started = await Promise.allSettled(Array.from({ length: 8 }, () => open(path, { who: () => 'one' })))
    expect(started.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(JSON.parse(await say(path, '{"command":"who"}\n')).result).toBe('one')
  })

  test.each([
    ['a file', (path: string) => writeFileSync(path, 'mine'), 'is there and is no socket'],
    ['a folder', (path: string) => mkdirSync(path), 'is there and is no socket'],
    ['a link', (path: string) => symlinkSync('/no/such', path), 'is there and is no socket'],
  ])('does not replace %s', async (_what, put, message) => {
    const path = newPath()
    put(path)
    await expect(openControlServer({ path, ownFolder: undefined }, {})).rejects.toThrow(message)
    expect(execFileSync('ls', ['-d', path]).toString().trim()).toBe(path)
  })

  test('cannot be in a folder that is not there', async () => {
    const opened = openControlServer({ path: '/no/such/folder/x.sock', ownFolder: undefined }, {})
    await expect(opened).rejects.toThrow(CannotRunError)
    await expect(opened).rejects.toThrow('/no/such/folder/x.sock: its folder does not exist')
  })

  test('in a folder of its own makes that folder, and refuses one that is open to others', async () => {
    const own = join(folder.path, 'own')
    await open(join(own, 'x.sock'), {}, own)
    expect(statSync(own).mode & 0o777).toBe(0o700)
    const shared = join(folder.path, 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o777)
    await expect(open(join(shared, 'x.sock'), {}, shared)).rejects.toThrow('is open to others')
  })

  test('of a program that listens and does not accept is left alone', async () => {
    const path = newPath()
    const other = createServer().listen(path)
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    await expect(openControlServer({ path, ownFolder: undefined }, {})).rejects.toThrow('another veilgate')
  })
})
