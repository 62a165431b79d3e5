import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { FromWorker } from '../../../src/workers/messages.js'
import { createSpawner } from '../../../src/workers/spawn-worker.js'
import { createTempFolder } from '../../helpers/temp-folder.js'
import { waitFor } from '../../helpers/wait-for.js'

const folder = createTempFolder()

test('a process hears what is sent, is heard, and its end is told with its last words before it', async () => {
  const program = folder.write(
    'program.mjs',
    `process.on('message', (message) => {
       process.send({ kind: 'counted', busy: message.kind === 'count' ? 1 : 2 }, () => process.exit(3))
     })
     process.send({ kind: 'up' })`,
  )
  const told: (FromWorker | string)[] = []
  const worker = createSpawner(join(program))(
    {
      message(message) {
        told.push(message)
        if (message.kind === 'up') worker.send({ kind: 'count' })
      },
      ended: (how) => told.push(how),
    },
    [],
  )
  expect(worker.pid).toBeGreaterThan(0)
  await waitFor(() => expect(told).toEqual([{ kind: 'up' }, { kind: 'counted', busy: 1 }, 'exit code 3']))
  // the process is gone
  worker.send({ kind: 'count' })
  worker.kill()
})

test('one that is killed is told by its signal', async () => {
  const program = folder.write('waits.mjs', `process.on('message', () => {})\nprocess.send({ kind: 'up' })`)
  const told: (FromWorker | string)[] = []
  const worker = createSpawner(program)(
    {
      message: () => worker.kill(),
      ended: (how) => told.push(how),
    },
    [],
  )
  await waitFor(() => expect(told).toEqual(['signal SIGKILL']))
})

test('each inherits its descriptors, by the numbers that are told', async () => {
  const program = folder.write(
    'reads.mjs',
    `import { readFileSync } from 'node:fs'
     process.on('message', ({ sockets }) => {
       const lines = sockets.map((fd) => readFileSync(fd, 'utf8')).join(' ')
       process.send({ kind: 'lines', lines }, () => process.exit(0))
     })
     process.send({ kind: 'up' })`,
  )
  const spawnWorker = createSpawner(program)
  const told: string[] = []
  let ended = 0
  for (const names of [['a', 'b'], ['c'], []]) {
    const descriptors = names.map((name) => openSync(folder.write(name, `text of ${name}`), 'r'))
    const worker = spawnWorker(
      {
        message(message) {
          if (message.kind === 'lines') told.push(message.lines)
          else worker.send({ kind: 'listen', urls: [], sockets: worker.sockets })
        },
        ended: () => ended++,
      },
      descriptors,
    )
    for (const descriptor of descriptors) closeSync(descriptor)
  }
  await waitFor(() => expect(told.sort()).toEqual(['', 'text of a text of b', 'text of c']))
  await waitFor(() => expect(ended).toBe(3))
})

test('what keeps this process waits for the last words of one that was given a socket', async () => {
  const program = folder.write(
    'listens.mjs',
    `import { createServer } from 'node:net'
     process.on('message', () => {})
     createServer().listen(0, '127.0.0.1', () => process.send({ kind: 'up' }))`,
  )
  const channels = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'PipeWrap').length
  const before = channels()
  const told: (FromWorker | string)[] = []
  const worker = createSpawner(program)(
    { message: (message) => told.push(message), ended: (how) => told.push(how) },
    [],
  )
  await waitFor(() => expect(told).toEqual([{ kind: 'up' }]))
  expect(channels()).toBe(before + 1)
  worker.kill()
  await waitFor(() => expect(told).toEqual([{ kind: 'up' }, 'signal SIGKILL']))
  expect(channels()).toBe(before)
})
