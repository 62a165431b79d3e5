// Runs the steps of the Dockerfile without a container engine, in an empty folder: each stage is a folder that stands for its
// root. Then starts what came out as the image would, as another user and without a right to write, and asks its health.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const context = fileURLToPath(new URL('..', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'veilgate-image-'))
// the user of the image must get there
chmodSync(root, 0o755)
process.on('exit', () => rmSync(root, { recursive: true, force: true }))

const included = readFileSync(join(context, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1))
const stages = new Map()
let stage

for (const step of stepsOf(readFileSync(join(context, 'Dockerfile'), 'utf8'))) {
  console.error(`  ${step}`)
  const [, word, rest] = /^(\w+)\s+(.*)$/s.exec(step)
  if (word === 'FROM') begin(rest)
  else if (word === 'WORKDIR') stage.folder = placed(rest, true)
  else if (word === 'COPY') copy(rest)
  else if (word === 'RUN') run(rest)
  else if (word === 'ENV') for (const pair of rest.split(' ')) stage.env[pair.split('=')[0]] = pair.split('=')[1]
  else if (word === 'USER') stage.user = Number(rest.split(':')[0])
  else if (word === 'ENTRYPOINT' || word === 'CMD') stage[word] = JSON.parse(rest)
  else if (word === 'HEALTHCHECK') stage.health = JSON.parse(rest.slice(rest.indexOf('[')))
  else if (word !== 'EXPOSE' && word !== 'STOPSIGNAL') fail(`${word} is no step that this knows`)
}
await start()
console.error('Dockerfile: its steps work, and what they make starts, is healthy and stops')

/** Without comments, continued lines joined. */
function stepsOf(text) {
  return text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
}

function begin(from) {
  const [, name = 'image'] = / AS (\w+)$/.exec(from) ?? []
  if (!/^node:\d+-[a-z]+(?:-slim)?(?: |$)/.test(from)) fail(`${from}: another base than Node's`)
  stage = { root: join(root, name), env: {}, user: 0 }
  stage.folder = stage.root
  mkdirSync(stage.root)
  stages.set(name, stage)
}

/** A path of the stage, on this machine. */
function placed(path, makes = false) {
  const place = path.startsWith('/') ? join(stage.root, path) : resolve(stage.folder, path)
  if (makes) mkdirSync(place, { recursive: true })
  return place
}

function copy(words) {
  const [, name, paths] = /^(?:--from=(\w+) )?(.*)$/.exec(words)
  const sources = paths.split(' ')
  const to = sources.pop()
  for (const source of sources) {
    if (name === undefined && !included.some((path) => source === path || source.startsWith(`${path}/`)))
      fail(`COPY ${source}: .dockerignore leaves it out`)
    const from = name === undefined ? join(context, source) : join(stages.get(name).root, source)
    const target = placed(to.endsWith('/') ? join(to, basename(source)) : to)
    mkdirSync(dirname(target), { recursive: true })
    cpSync(from, target, { recursive: true, verbatimSymlinks: true })
  }
}

function run(command) {
  const env = { PATH: process.env.PATH, HOME: root, ...stage.env }
  const { status } = spawnSync('sh', ['-c', command], {
    cwd: stage.folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) fail(`RUN ${command}: exit code ${status}`)
}

async function start() {
  const { ENTRYPOINT, CMD, user, health } = stage
  if (user === 0) fail('the image runs as root')
  // on this machine the ports may be taken, and the two folders that are tmpfs are elsewhere
  const config = placed('/etc/veilgate/veilgate.yaml')
  writeFileSync(config, readFileSync(config, 'utf8').replaceAll(/:(3128|9090)\b/g, ':0'))
  const writable = join(root, 'tmpfs')
  mkdirSync(writable)
  chmodSync(writable, 0o777)
  spawnSync('chmod', ['-R', 'a-w,a+rX', stage.root])
  const [command, ...words] = [...ENTRYPOINT, ...CMD].map((word) => (word.startsWith('/') ? placed(word) : word))
  const isRoot = process.getuid() === 0
  const child = spawn(command, words, {
    cwd: stage.folder,
    ...(isRoot && { uid: user, gid: user }),
    env: { PATH: process.env.PATH, ...stage.env, XDG_RUNTIME_DIR: writable, XDG_CACHE_HOME: writable },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (data) => {
    said += data
  })
  const ended = new Promise((done) => child.on('exit', done))
  for (let tries = 0; tries < 100 && !said.includes('listening on'); tries++) await sleep(100)
  const [, admin] = /health on http:\/\/\S+:(\d+)/.exec(said) ?? fail(`it does not start: ${said}`)
  const probe = health.map((word) => word.replace(':9090', `:${admin}`))
  if (spawnSync(probe[0], probe.slice(1)).status !== 0) fail('it is not healthy')
  child.kill('SIGTERM')
  const code = await ended
  if (code !== 0 || /cannot|warning/.test(said)) fail(`it ended with ${code}: ${said}`)
  if (!existsSync(join(stage.root, 'opt/veilgate/LICENSE'))) fail('the licence is not in the image')
}

function sleep(ms) {
  return new Promise((done) => setTimeout(done, ms))
}

function fail(message) {
  console.error(`Dockerfile: ${message}`)
  process.exit(1)
}
