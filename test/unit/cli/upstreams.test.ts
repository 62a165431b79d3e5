import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { UpstreamState } from '../../../src/app.js'
import { toLines, upstreams } from '../../../src/cli/upstreams.js'
import { openControlServer } from '../../../src/control/server.js'
import { withOutput } from '../../helpers/capture-output.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
const UP: UpstreamState = {
  name: 'tor',
  kind: 'upstream',
  hops: ['socks5h://127.0.0.1:9050'],
  tor: true,
  status: 'up',
  failures: 0,
  lastError: null,
  retryInMs: null,
  connections: 3,
  latencyMs: 412.4,
  dials: 7,
}
const DOWN: UpstreamState = {
  ...UP,
  name: 'b',
  hops: ['https://b.test', 'http://c.test'],
  tor: false,
  status: 'down',
  failures: 2,
  lastError: 'it refuses \x1b connections',
  retryInMs: 1_200,
  connections: 0,
  latencyMs: null,
}
const GROUP: UpstreamState = { name: 'out', kind: 'group', group: 'first', members: ['tor', 'b'], up: 1, of: 2 }

test('a line each, with what is wrong below', () => {
  expect(toLines([UP, DOWN, GROUP])).toEqual(
    [
      'tor  up                    3 open  412 ms  socks5h://127.0.0.1:9050 (tor)',
      'b    down, trial in 2 s    0 open          https://b.test → http://c.test',
      '  it refuses \\x1b connections',
      'out  1/2 up                first           tor, b',
    ].map((line) =>
      expect.stringMatching(new RegExp(`^${line.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&').replaceAll(/ +/g, ' +')}$`)),
    ),
  )
})

test('asks the running instance', async () => {
  const control = join(folder.path, 'u.sock')
  let states: readonly UpstreamState[] = [UP]
  const server = await openControlServer({ path: control, ownFolder: undefined }, { upstreams: () => states })
  onTestFinished(() => server.close())
  const { stdout, result } = await withOutput(() => upstreams({ control }))
  expect([stdout.startsWith('tor  up'), result]).toEqual([true, 0])
  expect(JSON.parse((await withOutput(() => upstreams({ control, json: true }))).stdout)).toEqual([UP])
  states = []
  expect((await withOutput(() => upstreams({ control }))).stderr).toBe('veilgate: no upstreams are configured\n')
})
