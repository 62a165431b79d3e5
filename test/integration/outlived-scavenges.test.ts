import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { startEchoOrigin } from '../helpers/echo-origin.js'
import { TEST_ENGINE } from '../helpers/engines.js'
import { newPlace } from '../helpers/running-command.js'

/*
 * What connections leave in V8's old space stays until a full collection, which hours may go by without: memory grows, and
 * each scavenge copies more. Options of a socket left 1.4 KB of each (SET_BY_NODE), Maps 0.3 KB where one client comes after
 * the other (lasting-map.ts). Later Nodes than 20 leave each `Writable` themselves: its state gets a function that is written
 * out in an assignment.
 */
const doesNodeLeaveSockets = Number(process.versions.node.split('.')[0]) > 20
const WARM_UP = 1_500
const MEASURED = 3_000

/** Code that is compiled meanwhile takes some as well: half of what the least of such mistakes leaves. */
const OCTETS_EACH = 160

const kinds = {
  'GETs with a connection each': (origin: string) =>
    `GET http://${origin}/ HTTP/1.1\r\nHost: ${origin}\r\nConnection: close\r\n\r\n`,
  'refused GETs': () => 'GET http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\nConnection: close\r\n\r\n',
  tunnels: (origin: string) => `CONNECT ${origin} HTTP/1.1\r\nHost: ${origin}\r\n\r\n`,
}

test.skipIf(doesNodeLeaveSockets).each(Object.entries(kinds))(
  '%s leave next to nothing',
  async (_kind, toRequest) => {
    const origin = await startEchoOrigin()
    const { write, start } = newPlace()
    const rules = write('my.rules', 'block blocked.test\n')
    const hook = write(
      'tell.cjs',
      `const { getHeapSpaceStatistics } = require('node:v8')
     const { PerformanceObserver, constants } = require('node:perf_hooks')
     let full = 0
     new PerformanceObserver((list) => {
       full += list.getEntries().filter(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR).length
     }).observe({ entryTypes: ['gc'] })
     process.on('SIGUSR2', () => {
       const old = getHeapSpaceStatistics().find((space) => space.space_name === 'old_space')
       process.stderr.write('old space: ' + old.space_used_size + ' ' + full + ';')
     })`,
    )
    const open = ['--allow-private', '--http-ports', 'any', '--connect-ports', 'any', '--access-log', 'off']
    const where = ['--engine', TEST_ENGINE, '--listen', 'http://127.0.0.1:0', '--rules', rules]
    const proxy = await start([...where, ...open], { through: [process.execPath, '--require', hook] })
    const request = toRequest(new URL(origin.url).host)

    async function ask(): Promise<void> {
      const socket = connect({ host: '127.0.0.1', port: proxy.port })
      socket.on('error', () => {})
      socket.write(request)
      socket.once('data', () => socket.end())
      socket.resume()
      await once(socket, 'close')
    }
    async function askAll(times: number): Promise<void> {
      for (let i = 0; i < times; i++) await ask()
    }
    let told = 0
    async function look(): Promise<{ readonly oldSpace: number; readonly fullCollections: number }> {
      proxy.signal('SIGUSR2')
      told++
      await proxy.says('old space: ', told)
      const [oldSpace = 0, fullCollections = 0] = (proxy.output.stderr.split('old space: ').at(-1) ?? '')
        .split(/[ ;]/)
        .map(Number)
      return { oldSpace, fullCollections }
    }
    /** Again where a full collection has taken away what there was to see. */
    async function leftByEach(): Promise<number> {
      const before = await look()
      await askAll(MEASURED)
      const after = await look()
      if (after.fullCollections !== before.fullCollections) return leftByEach()
      return (after.oldSpace - before.oldSpace) / MEASURED
    }

    await askAll(WARM_UP)
    expect(await leftByEach()).toBeLessThan(OCTETS_EACH)
    await origin.close()
  },
  120_000,
)
