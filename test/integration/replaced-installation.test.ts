import { cpSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startListServer } from '../helpers/list-server.js'
import { newPlace } from '../helpers/running-command.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

test.each([1, 2])('an instance of %i workers whose files were replaced answers every command', async (workers) => {
  const server = await startListServer()
  server.publish('/ads', { body: 'ads.test\n' })
  const place = newPlace()
  const installed = join(place.path, 'installed')
  for (const part of ['bin', 'dist/command', 'rules', 'package.json']) {
    cpSync(join(root, part), join(installed, part), { recursive: true })
  }
  const config = place.write(
    'veilgate.yaml',
    `
listen: [http://127.0.0.1:0]
workers: ${workers}
rules: { lists: { ads: { url: '${server.url}/ads' } } }
upstreams: { up: { url: 'socks5h://127.0.0.1:1', isolate: site } }
route: [{ match: [127.0.0.1], via: direct }, { match: ['*'], via: up }]
egress: { guard: { allow: [127.0.0.0/8] }, httpPorts: any }
`,
  )
  // a copy of the list is at hand, so that none is fetched before the files are replaced
  const first = await place.start(['--config', config, '--engine', 'js'])
  await first.says('list ads: 1 rule in force')
  first.signal('SIGTERM')
  await first.exit
  const veilgate = await place.start(['--config', config, '--engine', 'js'], { bin: join(installed, 'bin/veilgate') })
  const command = join(installed, 'dist/command')
  for (const name of readdirSync(command)) writeFileSync(join(command, name), 'throw new Error("replaced")\n')

  const ask = async (...words: string[]) => {
    const { status, stdout, stderr } = await place.veilgate(...words, '--json')
    return [status, stderr, JSON.parse(stdout || 'null')]
  }
  expect(await ask('upstreams')).toMatchObject([0, '', [{ name: 'up', status: 'up' }]])
  expect(await ask('lists')).toMatchObject([0, '', [{ name: 'ads' }]])
  expect(await ask('lists', 'update')).toMatchObject([0, '', [{ name: 'ads', outcome: 'unchanged' }]])
  expect(await ask('identity', 'new')).toMatchObject([0, '', { generation: 1 }])
  expect(await ask('reload')).toMatchObject([0, '', {}])
  veilgate.signal('SIGTERM')
  expect(await veilgate.exit).toBe(0)
})
