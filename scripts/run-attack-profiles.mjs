#!/usr/bin/env node
// Runs the attack profiles of ../shared/attacks against the built proxy, each set up as the README there says.
// usage: node scripts/run-attack-profiles.mjs [plain|block|ports|ssrf|beside …]      (the first four without arguments)
// `beside` runs `plain` against the other proxies that bench/proxy/peers.mjs finds here. ENGINE=js or native: that one alone.
// SLOW=1 WAIT_MS=65000 adds the time-out cases; VEILGATE names another command to test than bin/veilgate.
// `block` and `ssrf` need root on Linux: they run in namespaces of their own, so that no name and no packet leaves.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startOrigin } from '../bench/proxy/measure.mjs'
import { installedPeers } from '../bench/proxy/peers.mjs'
import { runPeer } from '../bench/proxy/run-peer.mjs'

const ROOT = resolve(fileURLToPath(new URL('..', import.meta.url)))
const RUNNER = resolve(ROOT, '../shared/attacks/run-attacks.mjs')
const COMMAND = process.env.VEILGATE ?? join(ROOT, 'bin/veilgate')
const INSIDE = '--inside'
const ENGINES = process.env.ENGINE?.split(',') ?? ['native', 'js']
const BESIDE = 'beside'
const ANY_PORT = ['--connect-ports', 'any', '--http-ports', 'any']

const PROFILES = {
  plain: { namespaces: [], options: ['--allow-private', ...ANY_PORT, '--rules', 'none.rules'] },
  block: { namespaces: ['-m'], options: ['--allow-private', ...ANY_PORT, '--rules', 'block.rules'] },
  ports: { namespaces: [], options: ['--allow-private', '--rules', 'none.rules'] },
  ssrf: { namespaces: ['-n', '-m'], options: [...ANY_PORT, '--rules', 'none.rules'] },
}

// The origin of the runner and the canary share 127.0.0.1, and the guard knows addresses, not ports: opened for the
// one it would be open for the other. ORIGIN_ALLOWED=1 does it all the same; without, only the control case fails.
if (process.env.ORIGIN_ALLOWED === '1') PROFILES.ssrf.options.push('--allow-private=127.0.0.1/32')

const HOSTS = {
  block: ['127.0.0.1 blocked.test a.b.c.blocked.test rebind.test mixed.test flip.test'],
  ssrf: [
    '10.9.8.7 rebind.test',
    'fd00::1 rebind6.test',
    '192.168.77.1 mixed.test',
    '203.0.113.9 mixed.test',
    '169.254.169.254 flip.test',
  ],
}

/** What the cases aim at, so that a hole in the guard shows as a connection and not as "no route". */
const SSRF_TARGETS = [
  '169.254.169.254/32',
  '10.9.8.7/32',
  '192.168.77.1/32',
  '100.64.0.1/32',
  '198.18.0.1/32',
  'fd00::1/128',
  'fd00:ec2::254/128',
  'fe80::1/128',
  '64:ff9b::7f00:1/128',
  '2002:7f00:1::1/128',
  '2001:0:7f00:1::1/128',
]

function run(command, args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}

function setUpNamespace(profile, folder) {
  const hosts = join(folder, 'hosts')
  writeFileSync(hosts, `${['127.0.0.1 localhost', '::1 localhost', ...(HOSTS[profile] ?? [])].join('\n')}\n`)
  run('mount', ['--bind', hosts, '/etc/hosts'])
  if (profile !== 'ssrf') return
  run('ip', ['link', 'set', 'lo', 'up'])
  for (const target of SSRF_TARGETS) run('ip', ['address', 'add', target, 'dev', 'lo'])
}

/** Listens on every address of the namespace and counts who comes. */
async function startCanary() {
  const reached = []
  const server = createServer((socket) => {
    reached.push(socket.localAddress)
    socket.on('error', () => {})
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\ncanary')
  })
  await new Promise((started) => server.listen(0, '::', started))
  return { port: server.address().port, reached, close: () => server.close() }
}

async function startProxy(options, folder) {
  const child = spawn(
    COMMAND,
    ['start', '--listen', 'http://127.0.0.1:0', '--access-log', 'off', '--json', ...options],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  for await (const line of createInterface({ input: child.stdout })) {
    const [url] = JSON.parse(line).listening
    return { child, address: new URL(url).host }
  }
  throw new Error('the proxy did not start')
}

function attack(address, profile, canaryPort) {
  return new Promise((done) => {
    const env = { ...process.env, CPORT: String(canaryPort), PAR: process.env.PAR ?? '6' }
    spawn(process.execPath, [RUNNER, address, profile], { env, stdio: 'inherit' }).on('exit', (code) => done(code ?? 1))
  })
}

async function runInside(profile, engine) {
  const folder = mkdtempSync(join(tmpdir(), 'veilgate-attacks-'))
  try {
    writeFileSync(join(folder, 'none.rules'), 'block nothing.invalid\n')
    writeFileSync(join(folder, 'block.rules'), 'block .blocked.test\n')
    const { namespaces, options: own } = PROFILES[profile]
    const options = ['--engine', engine, ...own]
    if (namespaces.length > 0) setUpNamespace(profile, folder)
    const canary = profile === 'ssrf' ? await startCanary() : undefined
    const { child, address } = await startProxy(options, folder)
    console.log(`== ${profile}: ${options.join(' ')}`)
    const code = await attack(address, profile, canary?.port ?? 9)
    if (canary !== undefined) console.log(`canary connections: ${canary.reached.length} ${canary.reached.join(' ')}`)
    canary?.close()
    child.kill('SIGTERM')
    return canary !== undefined && canary.reached.length > 0 ? 1 : code
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function runBeside() {
  const origin = await startOrigin()
  for (const peer of installedPeers().filter(({ name, isOurs }) => !isOurs && name !== 'node-bare')) {
    console.log(`== plain: ${peer.name} ${peer.version}`)
    const { port, stop } = await runPeer(peer, origin.ports.http)
    await attack(`127.0.0.1:${port}`, 'plain', 9)
    await stop()
  }
  origin.stop()
}

function runProfile(profile, engine) {
  const { namespaces } = PROFILES[profile]
  if (namespaces.length > 0 && process.getuid?.() !== 0) {
    console.log(`== ${profile}: not run, needs root for namespaces (unshare ${namespaces.join(' ')})`)
    return 0
  }
  const [command = process.execPath, ...args] =
    namespaces.length > 0 ? ['unshare', ...namespaces, process.execPath] : []
  const script = fileURLToPath(import.meta.url)
  return spawnSync(command, [...args, script, INSIDE, profile, engine], { stdio: 'inherit' }).status ?? 1
}

const args = process.argv.slice(2)
if (args[0] === INSIDE) {
  process.exitCode = await runInside(args[1], args[2])
} else if (!existsSync(RUNNER)) {
  console.log(
    `not run: ${RUNNER} is not here (it is no part of the project; test/integration/attacks.test.ts has our own cases)`,
  )
} else {
  const profiles = args.length > 0 ? args : Object.keys(PROFILES)
  const known = [...Object.keys(PROFILES), BESIDE]
  const unknown = profiles.find((profile) => !known.includes(profile))
  if (unknown !== undefined) throw new Error(`no profile ${unknown}; there are ${known.join(', ')}`)
  for (const profile of profiles) {
    if (profile === BESIDE) await runBeside()
    else for (const engine of ENGINES) process.exitCode = runProfile(profile, engine) || process.exitCode || 0
  }
}
