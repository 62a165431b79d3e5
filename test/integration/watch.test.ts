import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { askFor, newPlace } from '../helpers/running-command.js'

const START = ['--watch', '--listen', 'http://127.0.0.1:0', '--access-log', 'off']
const CONFIG =
  'watch: true\nlisten: [http://127.0.0.1:0]\nrules: { files: [t.rules] }\nlog: { access: { file: off } }\n'

test('a rule file, an included one and the configuration take effect when they change', async () => {
  const place = newPlace()
  place.write('t.rules', 'block a.test\ninclude more/b.rules\n')
  place.write('more/b.rules', 'block b.test\n')
  const config = place.write('veilgate.yaml', CONFIG)
  const veilgate = await place.start(['--config', config])
  place.write('more/b.rules', 'block c.test\n')
  await veilgate.says('reloaded: 2 rules')
  expect((await askFor(veilgate.port, 'http://c.test/')).status).toBe('403')
  place.write('t.rules', 'block a.test\nblock d.test\ninclude more/b.rules\n')
  await veilgate.says('reloaded: 3 rules')
  place.write('veilgate.yaml', CONFIG.replace('files:', 'blockStatus: 451, files:'))
  await veilgate.says('reloaded: 3 rules', 2)
  expect((await askFor(veilgate.port, 'http://d.test/')).status).toBe('451')
  // a file that the new rules do not include any more is none of its business
  place.write('t.rules', 'block a.test\n')
  await veilgate.says('reloaded: 1 rule')
  place.write('more/b.rules', 'block e.test\n')
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(veilgate.output.stderr.split('has changed')).toHaveLength(5)
})

test('a volume of Kubernetes is followed, through a broken state and out of it', async () => {
  const place = newPlace()
  const volume = join(place.path, 'volume')
  const publish = (name: string, text: string) => {
    mkdirSync(join(volume, `..${name}`), { recursive: true })
    writeFileSync(join(volume, `..${name}`, 't.rules'), text)
    symlinkSync(`..${name}`, join(volume, '..data_tmp'))
    renameSync(join(volume, '..data_tmp'), join(volume, '..data'))
  }
  publish('1', 'block a.test\n')
  symlinkSync('..data/t.rules', join(volume, 't.rules'))
  const veilgate = await place.start([...START, '--rules', 'volume/t.rules'])
  publish('2', 'block a.test\nblock b.test\n')
  await veilgate.says('reloaded: 2 rules')
  rmSync(join(volume, '..1'), { recursive: true })
  publish('3', 'block [broken\n')
  await veilgate.says('not reloaded, the old rules and configuration stay: volume/t.rules:1:')
  expect((await askFor(veilgate.port, 'http://b.test/')).status).toBe('403')
  publish('4', 'block a.test\nblock b.test\nblock c.test\n')
  await veilgate.says('reloaded: 3 rules')
})

test('without watch nothing happens until somebody asks', async () => {
  const place = newPlace()
  place.write('t.rules', 'block a.test\n')
  const veilgate = await place.start([...START.slice(1), '--rules', 't.rules'])
  place.write('t.rules', 'block a.test\nblock b.test\n')
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(veilgate.output.stderr).not.toContain('reloaded')
  expect(await place.veilgate('reload')).toEqual({ status: 0, stdout: '', stderr: 'veilgate: reloaded: 2 rules\n' })
})
