import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, readFileSync, renameSync, symlinkSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTempFolder } from '../helpers/temp-folder.js'
import { waitFor } from '../helpers/wait-for.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = createTempFolder()
const rules = folder.write('t.rules', 'block .tracker.test # tracking\nallow ok.tracker.test\n')
const running = new Set<ChildProcess>()

beforeAll(() => {
  spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' })
}, 120_000)

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})

type Run = { readonly cwd?: string; readonly input?: string; readonly bin?: string; readonly env?: NodeJS.ProcessEnv }

/** Runs the built command to its end. */
function veilgate(
  words: readonly string[],
  { cwd = folder.path, input = '', bin = join(root, 'bin/veilgate') }: Run = {},
) {
  const { status, stdout, stderr } = spawnSync(bin, words, { cwd, input, encoding: 'utf8', timeout: 60_000 })
  return { status, stdout, stderr }
}

/** Starts the built command and waits until it accepts. */
async function startVeilgate(
  words: readonly string[],
  { cwd = folder.path, input = '', bin = join(root, 'bin/veilgate'), env = {} }: Run = {},
) {
  const child = spawn(bin, ['start', '--json', '--listen', 'http://127.0.0.1:0', ...words], {
    cwd,
    env: { ...process.env, ...env },
  })
  running.add(child)
  const parts = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => (parts.stdout += data))
  child.stderr.on('data', (data) => (parts.stderr += data))
  child.stdin.end(input)
  const exit = once(child, 'exit').then(([code, signal]) => {
    running.delete(child)
    return signal ?? code
  })
  await waitFor(() => expect(parts.stdout, parts.stderr).toContain('}\n'))
  const { port } = new URL(JSON.parse(parts.stdout).listening[0])
  return {
    port: Number(port),
    exit,
    output: parts,
    signal: (name: NodeJS.Signals) => child.kill(name),
    says: (message: string | RegExp) => waitFor(() => expect(parts.stderr).toMatch(message)),
  }
}

/** What comes back for a request head, until the proxy closes or `until` is in it. */
async function exchange(port: number, head: string, until = '\0'): Promise<{ text: string; socket: Socket }> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  let text = ''
  socket.on('data', (data) => (text += data))
  socket.write(head)
  const ended = once(socket, 'close').catch(() => {})
  await Promise.race([ended, waitFor(() => expect(text).toContain(until)).catch(() => {})])
  return { text, socket }
}

const blocked = 'GET http://a.tracker.test/ HTTP/1.1\r\nHost: a.tracker.test\r\nConnection: close\r\n\r\n'

describe('the command', () => {
  test('runs from any working directory and through symbolic links', () => {
    const link = join(folder.path, 'vg')
    symlinkSync(join(root, 'bin/veilgate'), link)
    const linkToLink = join(folder.path, 'vg2')
    symlinkSync('vg', linkToLink)
    for (const bin of [join(root, 'bin/veilgate'), link, linkToLink]) {
      expect(veilgate(['check', 'example.com'], { cwd: '/', bin })).toMatchObject({
        status: 0,
        stdout: 'allow example.com  default\n',
      })
    }
  })

  test('takes the shipped rules wherever it is called, and says which file decided', () => {
    const { stdout, status } = veilgate(['check', 'doubleclick.net'], { cwd: '/' })
    expect(stdout).toMatch(/^block doubleclick\.net {2}veilgate\/rules\/default\.rules:\d+ /)
    expect(status).toBe(1)
  })

  test.each([
    ['0: a positive answer', ['check', '--rules', rules, 'ok.tracker.test'], 0],
    ['1: a negative answer of check', ['check', '--rules', rules, 'a.tracker.test'], 1],
    ['1: a negative answer of lint', ['lint', folder.write('bad.rules', 'block a..b\n')], 1],
    ['2: bad usage', ['start', '--no-such-option'], 2],
    ['2: bad value', ['start', '--listen', 'http://127.0.0.1'], 2],
    ['2: unreadable rule file', ['start', '--rules', 'nowhere.rules'], 2],
    ['2: bad rule file', ['start', '--rules', join(folder.path, 'bad.rules')], 2],
    ['2: bad configuration', ['start', '--config', folder.write('bad.yaml', 'lisen: []\n')], 2],
    ['2: bad target', ['check', 'a..b'], 2],
    ['2: an open proxy', ['start', '--listen', 'http://0.0.0.0:0'], 2],
    [
      '3: a log that cannot be written',
      ['start', '--listen', 'http://127.0.0.1:0', '--access-log', '/no/such/folder/x.log'],
      3,
    ],
  ])('ends with %s', (_, words, status) => {
    expect(veilgate(words)).toMatchObject({ status })
  })

  test('ends with 3 and a sentence where the port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    const { status, stderr, stdout } = veilgate(['start', '--listen', url])
    server.close()
    expect([status, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(/^veilgate: .*(taken|in use)/)
    expect(stderr).not.toContain('    at ')
  })

  test('names file, line and column of faults in rules and configuration', () => {
    expect(veilgate(['start', '--rules', 'bad.rules']).stderr).toMatch(/^bad\.rules:1:\d+: .+; .+\n$/)
    expect(veilgate(['config', 'check', '--config', 'bad.yaml']).stderr).toBe(
      'bad.yaml:1:1: lisen: unknown key; did you mean listen?\n',
    )
  })

  test('reads rules from standard input', () => {
    const { stdout } = veilgate(['check', '--rules', '-', 'ads.example'], { input: 'block ads.example\n' })
    expect(stdout).toBe('block ads.example  -:1  block ads.example\n')
    expect(veilgate(['lint', '-'], { input: 'block a..b\n' })).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^-:1:/),
    })
  })

  test('test asks the rules beside a test file, from anywhere', () => {
    const tests = folder.write('t.test.yaml', 'tests: [{ expect: block, host: [a.tracker.test, ok.tracker.test] }]\n')
    const { status, stdout, stderr } = veilgate(['test', tests, '--junit', 'out.xml'], { cwd: folder.path })
    expect([status, stderr]).toEqual([1, 'veilgate: 1 passed, 1 failed in 1 file\n'])
    expect(stdout).toContain(':1: ok.tracker.test: expected block, got allow by t.rules:2 allow ok.tracker.test\n')
    expect(readFileSync(join(folder.path, 'out.xml'), 'utf8')).toContain('<failure message=')
  })

  test('diff says what changes for the requests of an access log that start wrote', async () => {
    const { port, signal, exit } = await startVeilgate([
      '--rules',
      rules,
      '--log-format',
      'json',
      '--access-log',
      'diff.jsonl',
    ])
    await exchange(port, 'CONNECT a.tracker.test:443 HTTP/1.1\r\nHost: a.tracker.test:443\r\n\r\n', '\r\n\r\n')
    signal('SIGTERM')
    await exit
    const words = ['diff', '-', rules, '--log', 'diff.jsonl']
    const { status, stdout, stderr } = veilgate(words, { input: 'allow ok.tracker.test\n' })
    expect([status, stdout]).toEqual([
      0,
      `+ ${rules}:1  block .tracker.test  # tracking\nallow → block  a.tracker.test:443  1×  default → ${rules}:1  block .tracker.test  # tracking\n`,
    ])
    expect(stderr).toBe('veilgate: 0 rules removed, 1 added, 1 the same; 1 of 1 request decided otherwise\n')
  })

  test('a reader that ends early is no fault', () => {
    const bin = join(root, 'bin/veilgate')
    const { stdout, stderr } = spawnSync('sh', ['-c', `"${bin}" config schema | head -n 1`], { encoding: 'utf8' })
    expect([stdout, stderr]).toEqual(['{\n', ''])
  })

  test('the printed defaults are a configuration that checks', () => {
    const { stdout } = veilgate(['config', 'defaults'])
    folder.write('defaults.yaml', stdout)
    expect(veilgate(['config', 'check', '--config', 'defaults.yaml'])).toMatchObject({ status: 0 })
  })
})

describe('an installation without the native engine', () => {
  /** What an installed package is made of, without what its install script builds. */
  function installWithout(): string {
    for (const name of ['bin', 'dist', 'rules', 'package.json'])
      cpSync(join(root, name), join(folder.path, 'bare', name), { recursive: true })
    return join(folder.path, 'bare/bin/veilgate')
  }

  test('runs js, says so and why, and ends with 3 when native is asked for', async () => {
    const bin = installWithout()
    const refused = veilgate(['start', '--engine', 'native', '--listen', 'http://127.0.0.1:0'], { bin })
    expect([refused.status, refused.stdout]).toEqual([3, ''])
    expect(refused.stderr).toMatch(/^veilgate: the engine native cannot run: .*; use --engine js$/m)
    const several = ['start', '--engine', 'native', '--workers', '2', '--listen', 'http://127.0.0.1:0']
    expect(veilgate(several, { bin })).toMatchObject({ status: 3, stderr: refused.stderr })
    const { signal, exit, output } = await startVeilgate(['--rules', rules], { bin })
    expect(output.stdout).toContain('"engine":"js"')
    expect(output.stderr).toMatch(/the engine native cannot run, so js does: it was not built/)
    signal('SIGTERM')
    expect(await exit).toBe(0)
  })
})

describe('start', () => {
  test('keeps standard output for its one document under --json', async () => {
    const { port, output, signal, exit, says } = await startVeilgate(['--rules', rules, '--engine', 'js'])
    await exchange(port, blocked)
    await says('a.tracker.test')
    signal('SIGTERM')
    expect(await exit).toBe(0)
    expect(output.stdout).toBe(`{"listening":["http://127.0.0.1:${port}"],"rules":2,"engine":"js","workers":1}\n`)
    expect(output.stderr).toContain('engine js\n')
    expect(output.stderr).toContain(`veilgate: listening on http://127.0.0.1:${port}, 2 rules, headers standard`)
  })

  test('rules from standard input outlive a reload', async () => {
    const { port, signal, exit, says } = await startVeilgate(['--rules', '-'], { input: 'block .tracker.test\n' })
    signal('SIGHUP')
    await says('reloaded: 1 rule')
    expect((await exchange(port, blocked)).text).toMatch(/^HTTP\/1\.1 403 /)
    signal('SIGINT')
    expect(await exit).toBe(0)
  })

  test('SIGHUP takes new rules and configuration, SIGUSR1 opens the log again', async () => {
    const live = folder.write('live.rules', 'allow a.tracker.test\nblock other.test\n')
    folder.write('live.yaml', 'rules: { files: [live.rules], blockStatus: 451 }\nlog: { access: { file: live.log } }\n')
    const { port, signal, exit, says } = await startVeilgate(['--config', 'live.yaml'])
    folder.write('live.rules', 'block .tracker.test\n')
    signal('SIGHUP')
    await says('reloaded')
    expect((await exchange(port, blocked)).text).toMatch(/^HTTP\/1\.1 451 /)

    const log = join(folder.path, 'live.log')
    await waitFor(() => expect(readFileSync(log, 'utf8')).toContain('a.tracker.test'))
    renameSync(log, `${log}.1`)
    signal('SIGUSR1')
    await waitFor(() => expect(existsSync(log)).toBe(true))
    await exchange(port, blocked)
    await waitFor(() => expect(readFileSync(log, 'utf8')).toContain('a.tracker.test'))
    expect(existsSync(live)).toBe(true)
    signal('SIGTERM')
    expect(await exit).toBe(0)
  })

  test('SIGTERM lets a tunnel end and says that it waits; the tunnel ends, and so does the proxy', async () => {
    const { socket, proxy } = await openTunnel()
    proxy.signal('SIGTERM')
    await proxy.says(/SIGTERM: no new connections; 1 exchange left, with 30 s to end/)
    await expect(exchange(proxy.port, blocked).then(({ text }) => text)).resolves.toBe('')
    socket.end()
    expect(await proxy.exit).toBe(0)
  })

  test('whoever reads that it listens may end it at once', async () => {
    for (let i = 0; i < 5; i++) {
      const child = spawn(join(root, 'bin/veilgate'), ['start', '--json', '--listen', 'http://127.0.0.1:0'])
      running.add(child)
      child.stdout.once('data', () => child.kill('SIGTERM'))
      expect(await once(child, 'exit')).toEqual([0, null])
      running.delete(child)
    }
  })

  test('a second signal ends at once, tunnels or not', async () => {
    const { proxy } = await openTunnel()
    proxy.signal('SIGTERM')
    await proxy.says('SIGTERM: ')
    proxy.signal('SIGTERM')
    expect(await proxy.exit).toBe(0)
    expect(proxy.output.stderr).toContain('SIGTERM again: 1 exchange cut off')
  })

  test('a fault of its own is logged and ends it with 3, which no script reads as an answer', async () => {
    const fault = 'process.on("SIGUSR2", () => { throw new Error("boom") })'
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}` }
    const { signal, exit, output } = await startVeilgate(['--rules', rules], { env })
    signal('SIGUSR2')
    expect(await exit).toBe(3)
    expect(output.stderr).toMatch(/a fault of its own ends veilgate, please report it: Error: boom/)
  })

  async function openTunnel() {
    const origin = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {})
      socket.on('end', () => socket.end())
    }).listen(0, '127.0.0.1')
    await once(origin, 'listening')
    origin.unref()
    const address = origin.address()
    const originPort = typeof address === 'object' ? address?.port : 0
    const proxy = await startVeilgate(['--rules', rules, '--allow-private=127.0.0.0/8', '--connect-ports', 'any'])
    const target = `127.0.0.1:${originPort}`
    const { text, socket } = await exchange(
      proxy.port,
      `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`,
      '\r\n\r\n',
    )
    socket.on('error', () => {})
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
    return { proxy, socket }
  }
})
