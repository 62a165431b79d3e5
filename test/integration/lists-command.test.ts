import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { listOfHosts } from '../helpers/delivered-list.js'
import { startListServer } from '../helpers/list-server.js'
import { createTempFolder } from '../helpers/temp-folder.js'
import { waitFor } from '../helpers/wait-for.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = join(root, 'bin/veilgate')
const folder = createTempFolder()
const running = new Set<ChildProcess>()
let places = 0

beforeAll(() => {
  spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' })
}, 120_000)

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** A home of its own: socket, cache and configuration. */
function newPlace(yaml: (place: string) => string) {
  const path = join(folder.path, String(places++))
  mkdirSync(join(path, 'run'), { recursive: true })
  const config = join(path, 'vg.yaml')
  writeFileSync(config, yaml(path))
  const env = { ...process.env, XDG_RUNTIME_DIR: join(path, 'run'), XDG_CACHE_HOME: join(path, 'cache') }

  async function start(...words: string[]) {
    const child = spawn(bin, ['start', '--json', '--config', config, '--listen', 'http://127.0.0.1:0', ...words], {
      env,
    })
    running.add(child)
    const output = { stdout: '', stderr: '' }
    child.stdout.on('data', (data) => (output.stdout += data))
    child.stderr.on('data', (data) => (output.stderr += data))
    const exit = once(child, 'exit').then(([code, signal]) => {
      running.delete(child)
      return signal ?? code
    })
    await waitFor(() => expect(output.stdout, output.stderr).toContain('}\n'))
    return {
      exit,
      output,
      rules: JSON.parse(output.stdout.split('\n')[0] ?? '').rules as number,
      port: Number(new URL(JSON.parse(output.stdout.split('\n')[0] ?? '').listening[0]).port),
      signal: (name: NodeJS.Signals) => child.kill(name),
      says: (message: string) => waitFor(() => expect(output.stderr).toContain(message)),
    }
  }

  /** Does not wait in this process, which may be the server of the lists. */
  async function veilgate(...words: string[]) {
    const child = spawn(bin, words, { env, cwd: path })
    const output = { stdout: '', stderr: '' }
    child.stdout.on('data', (data) => (output.stdout += data))
    child.stderr.on('data', (data) => (output.stderr += data))
    const [status] = await once(child, 'close')
    return { status, ...output }
  }

  return { path, config, start, veilgate, socket: join(path, 'run/veilgate.sock'), cache: join(path, 'cache/veilgate') }
}

const yamlOf = (lists: string, more = '') => `
rules: { files: [], lists: { ${lists} } }
egress: { guard: { allow: [127.0.0.0/8] } }
log: { access: { file: off } }
${more}`

async function statusOf(port: number, host: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  let text = ''
  socket.on('data', (data) => (text += data))
  socket.write(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  await once(socket, 'close')
  return text.split(' ')[1] ?? ''
}

describe('veilgate lists', () => {
  test('shows and updates the lists of the instance that runs', async () => {
    const server = await startListServer()
    server.publish('/ads', { body: '||ads.test^\n' })
    const { start, veilgate, socket, config } = newPlace(() =>
      yamlOf(`ads: { url: "${server.url}/ads" }, gone: { url: "${server.url}/gone?key=hunter2" }`),
    )
    const { says, port, rules, signal, exit, output } = await start()
    expect(rules).toBe(0)
    expect(statSync(socket).mode & 0o777).toBe(0o600)
    await says('list ads: 1 rule in force')
    await says('list gone is not updated')
    expect(await statusOf(port, 'x.ads.test')).toBe('403')

    const shown = await veilgate('lists')
    expect(shown).toMatchObject({ status: 0, stderr: '' })
    expect(shown.stdout).toMatch(
      /^ads {3}current {2}1 rule .* https?:\/\/.*\/ads\ngone {2}pending {2}0 rules {2}no copy .*\n {2}the server answered 404\n$/,
    )
    const states = JSON.parse((await veilgate('lists', '--json', '--config', config)).stdout)
    expect(states).toMatchObject([
      { name: 'ads', status: 'current', entries: 1, age: expect.any(Number), lastError: null },
      { name: 'gone', status: 'pending', entries: 0, age: null, lastError: 'the server answered 404' },
    ])

    server.publish('/ads', { body: '||ads.test^\n||more.test^\n' })
    expect(await veilgate('lists', 'update', 'ads')).toEqual({
      status: 0,
      stdout: 'ads  updated  2 rules\n',
      stderr: '',
    })
    expect(await statusOf(port, 'more.test')).toBe('403')
    expect(await veilgate('lists', 'update', '--control', socket)).toMatchObject({ status: 1 })
    server.publish('/ads', { body: listOfHosts(8) })
    await veilgate('lists', 'update', 'ads')
    server.publish('/ads', { body: listOfHosts(1) })
    const refused = await veilgate('lists', 'update', 'ads')
    expect(refused).toMatchObject({ status: 1, stdout: expect.stringContaining('it shrank from 8 rules to 1') })
    expect(await veilgate('lists', 'update', '--accept-shrink', 'ads')).toMatchObject({ status: 0 })
    expect(await veilgate('lists', 'update', 'nope')).toMatchObject({
      status: 2,
      stderr: 'rules.lists: there is no list nope; name one of ads, gone\n',
    })

    signal('SIGTERM')
    expect(await exit).toBe(0)
    expect(existsSync(socket)).toBe(false)
    expect(output.stderr).not.toContain('hunter2')
    const none = await veilgate('lists')
    expect(none).toMatchObject({ status: 3, stdout: '' })
    expect(none.stderr).toMatch(/^veilgate: no veilgate runs here that could be asked/)
  })

  test('has no one to ask where the control socket is off', async () => {
    const { start, veilgate, socket, config } = newPlace(() => yamlOf('', 'control: off'))
    await start()
    expect(existsSync(socket)).toBe(false)
    expect(await veilgate('lists', '--config', config)).toMatchObject({
      status: 3,
      stderr: 'veilgate: the configuration says control: off, so no veilgate can be asked\n',
    })
  })
})

describe('the control socket', () => {
  test('of a live instance is left alone; one that was left behind is replaced', async () => {
    const { start, veilgate, socket } = newPlace(() => yamlOf(''))
    const first = await start()
    const second = await start()
    await second.says(`no control socket: ${socket} belongs to another veilgate that is running`)
    second.signal('SIGTERM')
    expect(await second.exit).toBe(0)
    expect(await veilgate('lists')).toMatchObject({ status: 0 })

    first.signal('SIGKILL')
    await first.exit
    expect(existsSync(socket)).toBe(true)
    expect(await veilgate('lists')).toMatchObject({ status: 3 })
    const third = await start()
    expect(await veilgate('lists')).toMatchObject({ status: 0 })
    expect(third.output.stderr).not.toContain('control socket')
  })

  test('is where the configuration says', async () => {
    const { start, veilgate, config, path, socket } = newPlace(() => yamlOf('', 'control: own.sock'))
    await start()
    expect([existsSync(join(path, 'own.sock')), existsSync(socket)]).toEqual([true, false])
    expect(await veilgate('lists', '--config', config)).toMatchObject({ status: 0 })
    expect(await veilgate('lists', '--control', 'own.sock')).toMatchObject({ status: 0 })
  })
})

describe('copies on disk', () => {
  test('serve the next start, check and config check, which fetch nothing', async () => {
    const server = await startListServer()
    server.publish('/ads', { body: '# head\nads.test\ndefault block\n' })
    const { start, veilgate, config, cache } = newPlace(() =>
      yamlOf(`ads: { url: "${server.url}/ads" }, gone: { url: "${server.url}/gone" }`),
    )
    const missing = 'veilgate: list ads has no copy yet (start fetches it): its rules are not among these\n'
    expect(await veilgate('check', '--config', config, 'ads.test')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining(missing),
    })
    expect(server.requests).toEqual([])
    expect(existsSync(cache)).toBe(false)

    const first = await start()
    await first.says('list ads: 1 rule in force')
    first.signal('SIGTERM')
    await first.exit
    await server.stop()
    const second = await start()
    expect(second.rules).toBe(1)
    expect(await statusOf(second.port, 'ads.test')).toBe('403')
    const checked = await veilgate('check', '--config', config, 'ads.test')
    expect(checked).toMatchObject({ status: 1, stdout: 'block ads.test  ads:2  ads.test\n' })
    expect(checked.stderr).not.toContain(missing)
    expect((await veilgate('config', 'check', '--config', config)).stderr).toContain('in order, 1 rule')
  })

  test('stay in force beside --rules, which replaces only the files', async () => {
    const server = await startListServer()
    server.publish('/ads', { body: 'ads.test\n' })
    const { start, veilgate, config } = newPlace(() => yamlOf(`ads: { url: "${server.url}/ads" }`))
    const own = folder.write('own.rules', 'block own.test\n')
    const { says, port } = await start('--rules', own)
    await says('list ads: 1 rule in force')
    expect([await statusOf(port, 'own.test'), await statusOf(port, 'ads.test')]).toEqual(['403', '403'])
    const { stdout } = await veilgate('check', '--config', config, '--rules', own, 'own.test', 'ads.test')
    expect(stdout).toBe(`block own.test  ${own}:1  block own.test\nblock ads.test  ads:1  ads.test\n`)
  })

  test('of many rules are compiled once: the next start takes them from the cache', async () => {
    const server = await startListServer()
    server.publish('/ads', { body: listOfHosts(12_000) })
    const { start, cache } = newPlace(() => yamlOf(`ads: { url: "${server.url}/ads" }`))
    const first = await start()
    await first.says('list ads: 12000 rules in force')
    await waitFor(() => expect(readdirSync(cache).some((name) => /^rules-.*\.bin$/.test(name))).toBe(true))
    first.signal('SIGTERM')
    await first.exit
    const [compiled = ''] = readdirSync(cache).filter((name) => name.endsWith('.bin'))
    const { mtimeMs } = statSync(join(cache, compiled))
    const second = await start()
    expect(second.rules).toBe(12_000)
    expect(await statusOf(second.port, 'host-12000.test')).toBe('403')
    second.signal('SIGTERM')
    await second.exit
    expect(statSync(join(cache, compiled)).mtimeMs).toBe(mtimeMs)
  })

  test('that cannot be written are said once and held in memory', async () => {
    const server = await startListServer()
    server.publish('/ads', { body: listOfHosts(12_000) })
    const { start, path } = newPlace((place) => yamlOf(`ads: { url: "${server.url}/ads" }`, `cache: ${place}/a-file`))
    writeFileSync(join(path, 'a-file'), '')
    const { says, output, signal, port } = await start()
    await says('list ads: 12000 rules in force')
    signal('SIGHUP')
    await says('reloaded: 12000 rules')
    expect(await statusOf(port, 'host-1.test')).toBe('403')
    expect(output.stderr.match(/the cache directory cannot be used, so nothing is kept/g)).toHaveLength(2)
    // that there is no rule is said where the line of the start comes before the list
    expect(output.stderr.match(/warning: (?!there is no rule)/g)).toHaveLength(2 + 1)
  })
})

test('SIGHUP follows a configuration with other lists', async () => {
  const server = await startListServer()
  server.publish('/ads', { body: 'ads.test\n' })
  server.publish('/more', { body: 'more.test\n' })
  const { start, config } = newPlace(() => yamlOf(`ads: { url: "${server.url}/ads" }`))
  const { says, signal, port } = await start()
  await says('list ads: 1 rule in force')
  writeFileSync(config, yamlOf(`more: { url: "${server.url}/more" }`))
  signal('SIGHUP')
  await says('list more: 1 rule in force')
  expect(await statusOf(port, 'more.test')).toBe('403')
  expect(await statusOf(port, 'ads.test')).not.toBe('403')

  writeFileSync(config, yamlOf(`more: { url: "nowhere" }`))
  signal('SIGHUP')
  await says('not reloaded, the old rules and configuration stay')
  expect(await statusOf(port, 'more.test')).toBe('403')
})
