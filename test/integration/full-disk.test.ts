import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { TEST_ENGINE } from '../helpers/engines.js'
import { startListServer } from '../helpers/list-server.js'
import { answering, ok, startRawOrigin } from '../helpers/raw-origin.js'
import { connectRaw } from '../helpers/raw-peer.js'
import { askFor, newPlace, type RunningVeilgate } from '../helpers/running-command.js'

/** A disk of its own for one process: nothing that is written on it is seen outside but through /proc. */
const OWN_DISK = ['unshare', '--map-root-user', '--mount', 'sh', '-c']
const hasOwnDisk =
  spawnSync('unshare', [...OWN_DISK.slice(1), 'mount -t tmpfs none /mnt'], { stdio: 'ignore' }).status === 0
if (!hasOwnDisk) console.log('skipped: no mount namespaces on this machine (unshare)')

const SERVES = `
listen: [http://127.0.0.1:0]
egress: { guard: { allow: [127.0.0.0/8] }, connectPorts: any, httpPorts: any }
admin: { listen: http://127.0.0.1:0 }
`

async function metricsOf({ output }: RunningVeilgate): Promise<string> {
  const [, admin = ''] = /metrics and health on (\S+)/.exec(output.stderr) ?? []
  return (await fetch(`${admin}/metrics`)).text()
}

async function lostLines(veilgate: RunningVeilgate): Promise<number> {
  const [, lost = ''] = /^veilgate_log_lines_lost_total (\d+)$/m.exec(await metricsOf(veilgate)) ?? []
  return Number(lost)
}

test('an access log that cannot be written stops nothing: it is said once, and lines are counted', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const place = newPlace()
  const config = place.write(
    'veilgate.yaml',
    `${SERVES}rules: { files: [] }\nlog: { access: { file: /dev/full, format: json } }\n`,
  )
  const veilgate = await place.start(['--config', config, '--engine', TEST_ENGINE])

  const tunnel = await connectRaw(veilgate.port)
  await tunnel.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await tunnel.readHead()
  for (let i = 0; i < 20; i++) expect((await askFor(veilgate.port, `${origin.url}/`)).status).toBe('200')
  await vi.waitFor(async () => expect(await lostLines(veilgate)).toBe(20), 10_000)
  await tunnel.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  expect((await tunnel.readResponse()).body).toBe('x')
  tunnel.close()
  for (const peer of origin.peers) peer.close()
  expect(veilgate.output.stderr.match(/loses lines/g)).toHaveLength(1)
  expect(veilgate.output.stderr).toContain('ENOSPC')

  veilgate.signal('SIGHUP')
  await veilgate.says('reloaded')
  veilgate.signal('SIGTERM')
  expect(await veilgate.exit).toBe(0)
})

test('messages that cannot be written stop nothing', async () => {
  const origin = await startRawOrigin(answering(ok('x')))
  const place = newPlace()
  const config = place.write('veilgate.yaml', `${SERVES}rules: { files: [] }\nlog: { access: { file: off } }\n`)
  const veilgate = await place.start(['--config', config, '--engine', TEST_ENGINE], {
    through: ['sh', '-c', 'exec "$0" "$@" 2>/dev/full'],
  })
  for (const _time of [1, 2]) {
    veilgate.signal('SIGHUP')
    expect((await askFor(veilgate.port, `${origin.url}/`)).status).toBe('200')
  }
  veilgate.signal('SIGTERM')
  expect(await veilgate.exit).toBe(0)
})

test.skipIf(!hasOwnDisk)(
  'a disk that fills up while the proxy runs costs lines of the log and copies of lists, and nothing once there is room again',
  async () => {
    const origin = await startRawOrigin(answering(ok('x')))
    const lists = await startListServer()
    lists.publish('/ads.txt', { body: 'listed.test\n' })
    const place = newPlace()
    place.write('disk/.keep', '')
    const config = place.write(
      'veilgate.yaml',
      `${SERVES}
rules: { files: [], lists: { ads: { url: "${lists.url}/ads.txt" } } }
cache: disk/cache
log: { access: { file: disk/access.log, format: json } }
`,
    )
    const fill = 'mount -t tmpfs -o size=128k none disk && head -c 1000000 /dev/zero 2>&- >disk/filler'
    const veilgate = await place.start(['--config', config, '--engine', TEST_ENGINE], {
      through: [...OWN_DISK, `${fill}; exec "$0" "$@"`],
    })
    const disk = `/proc/${veilgate.pid}/root${place.path}/disk`
    const ask = async (url: string) => (await askFor(veilgate.port, url)).status

    await veilgate.says('list ads: 1 rule in force')
    for (let i = 0; i < 10; i++) expect(await ask(`${origin.url}/`)).toBe('200')
    await vi.waitFor(async () => expect(await lostLines(veilgate)).toBe(10), 10_000)
    expect(veilgate.output.stderr.match(/loses lines/g)).toHaveLength(1)

    rmSync(`${disk}/filler`)
    expect(await ask('http://listed.test/')).toBe('403')
    const written = await vi.waitFor(() => {
      const text = readFileSync(`${disk}/access.log`, 'utf8')
      expect(text).toContain('\n')
      return text
    }, 10_000)
    expect(JSON.parse(written)).toMatchObject({ status: 403, target: { host: 'listed.test' } })
    const { status, stdout } = await place.veilgate('lists', 'update')
    expect([status, stdout]).toEqual([0, expect.stringContaining('ads')])
    expect(await lostLines(veilgate)).toBe(10)
    veilgate.signal('SIGTERM')
    expect(await veilgate.exit).toBe(0)
  },
)
