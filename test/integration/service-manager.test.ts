import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { answering, ok, startRawOrigin } from '../helpers/raw-origin.js'
import { connectRaw } from '../helpers/raw-peer.js'
import { hasCommand } from '../helpers/run-command.js'
import { askFor, newPlace } from '../helpers/running-command.js'
import { waitFor } from '../helpers/wait-for.js'

const receiver = fileURLToPath(new URL('../helpers/notify-receiver.py', import.meta.url))
const activation = fileURLToPath(new URL('../helpers/socket-activation.py', import.meta.url))
const hasPython = hasCommand('python3')
const canNotify = hasPython && hasCommand('systemd-notify')

const OPEN = ['--listen', 'http://127.0.0.1:0', '--allow-private=127.0.0.0/8', '--access-log', 'off']

/** What a service manager hears. */
async function startReceiver(path: string) {
  const child = spawn('python3', [receiver, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const heard: string[][] = []
  let text = ''
  child.stdout.on('data', (data) => {
    text += data
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    heard.push(...lines.map((line) => JSON.parse(line)))
  })
  await waitFor(() => expect(heard).toEqual([['bound']]))
  // `systemd-notify` waits for the manager to have read it
  return () => heard.slice(1).filter(([first]) => first !== 'BARRIER=1')
}

test.skipIf(!canNotify)('the service manager hears when it is ready, reloads, and stops', async () => {
  const place = newPlace()
  place.write('t.rules', 'block a.test\n')
  const path = join(place.path, 'notify')
  const heard = await startReceiver(path)
  const veilgate = await place.start([...OPEN, '--rules', 't.rules'], { env: { NOTIFY_SOCKET: path } })
  await waitFor(() => expect(heard()).toHaveLength(1))
  expect(heard()[0]).toEqual(['READY=1', expect.stringMatching(/^STATUS=listening on http:.*, 1 rule$/)])

  place.write('t.rules', 'block a.test\nblock b.test\n')
  expect((await place.veilgate('reload')).status).toBe(0)
  await waitFor(() => expect(heard()).toHaveLength(3))
  expect(heard()[1]).toEqual(['RELOADING=1', expect.stringMatching(/^MONOTONIC_USEC=\d+$/)])
  expect(heard()[2]).toEqual(['READY=1', expect.stringContaining('2 rules')])

  // an exchange that takes its time: the stop is told when it begins, not when it is over
  const origin = await startRawOrigin()
  const client = await connectRaw(veilgate.port)
  await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
  const peer = await origin.peer(0)
  await peer.readRequest()
  veilgate.signal('SIGTERM')
  await waitFor(() => expect(heard()).toHaveLength(4))
  expect(heard()[3]).toEqual(['STOPPING=1'])
  await peer.write(ok('whole'))
  expect((await client.readResponse()).body).toBe('whole')
  client.close()
  expect(await veilgate.exit).toBe(0)
  expect(heard()).toHaveLength(4)
})

test.skipIf(!hasPython)('sockets that a service manager has opened are used instead of binding', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const place = newPlace()
  const through = ['python3', activation, '127.0.0.1', '127.0.0.1', '--']
  const veilgate = await place.start([...OPEN, '--default', 'allow'], { through })
  const { listening } = JSON.parse(veilgate.output.stdout)
  expect(listening).toHaveLength(2)
  for (const url of listening) {
    expect((await askFor(Number(new URL(url).port), `${origin.url}/`)).status).toBe('200')
    // and they are its own listeners
    expect((await askFor(veilgate.port, url)).status).toBe('508')
  }
  veilgate.signal('SIGTERM')
  expect(await veilgate.exit).toBe(0)
})

test.skipIf(!hasPython)('an inherited socket that other machines reach needs clients to be named', async () => {
  const bin = fileURLToPath(new URL('../../bin/veilgate', import.meta.url))
  const child = spawn('python3', [activation, '0.0.0.0', '--', bin, 'start', ...OPEN], { stdio: 'pipe' })
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr += data
  })
  expect(await once(child, 'exit')).toEqual([2, null])
  expect(stderr).toMatch(/other machines reach http:\/\/0\.0\.0\.0:\d+, and nothing says who may use this proxy/)
})

test.skipIf(!hasPython)(
  'an inherited socket is served by the engine js, and the engine native says that it cannot',
  async () => {
    const place = newPlace()
    const through = ['python3', activation, '127.0.0.1', '--']
    const veilgate = await place.start([...OPEN, '--engine', 'auto'], { through })
    expect(JSON.parse(veilgate.output.stdout).engine).toBe('js')
    const bin = fileURLToPath(new URL('../../bin/veilgate', import.meta.url))
    const words = [activation, '127.0.0.1', '--', bin, 'start', ...OPEN, '--engine', 'native']
    const child = spawn('python3', words, { stdio: 'pipe' })
    let stderr = ''
    child.stderr.on('data', (data) => {
      stderr += data
    })
    expect(await once(child, 'exit')).toEqual([3, null])
    expect(stderr).toContain('the engine native cannot run: it binds its sockets itself; use --engine js')
  },
)
