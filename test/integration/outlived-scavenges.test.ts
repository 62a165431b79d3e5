import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { startEchoOrigin } from '../helpers/echo-origin.js'
import { TEST_ENGINE } from '../helpers/engines.js'
import { newPlace } from '../helpers/running-command.js'

/*
 * What connections leave in V8's old space stays until a full collection, which hours may go by without: memory grows, and
 * each scavenge copies more. Half a KB was left by each socket (SET_BY_NODE) and by each table of a Map (lasting-map.ts).
 */
const WARM_UP = 2_000
const MEASURED = 4_000
const CLIENTS = 8

/** Code that is compiled meanwhile takes some as well: a third of what one such mistake leaves. */
const OCTETS_EACH = 160

const kinds = {
  'GETs with a connection each': (origin: string) =>
    `GET http://${origin}/ HTTP/1.1\r\nHost: ${origin}\r\nConnection: close\r\n\r\n`,
  'refused GETs': () => 'GET http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\nConnection: close\r\n\r\n',
  tunnels: (origin: string) => `CONNECT ${origin} HTTP/1.1\r\nHost: ${origin}\r\n\r\n`,
}

test.each(Object.entries(kinds))(
  '%s leave next to nothing',
  async (_kind, toRequest) => {
    const origin = await startEchoOrigin()
    const { write, start } = newPlace()
    const rules = write('my.rules', 'block blocked.test\n')
    const hook = write(
      'tell.cjs',
      `const { getHeapSpaceStatistics } = require('node:v8')
     process.on('SIGUSR2', () => {
       const old = getHeapSpaceStatistics().find((space) => space.space_name === 'old_space')
       process.stderr.write('old space: ' + old.space_used_size + ';')
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
      let left = times
      const client = async (): Promise<void> => {
        while (left-- > 0) await ask()
      }
      await Promise.all(Array.from({ length: CLIENTS }, client))
    }
    let told = 0
    async function oldSpace(): Promise<number> {
      proxy.signal('SIGUSR2')
      told++
      await proxy.says('old space: ', told)
      return Number(proxy.output.stderr.split('old space: ').at(-1)?.split(';')[0])
    }

    await askAll(WARM_UP)
    const before = await oldSpace()
    await askAll(MEASURED)
    const after = await oldSpace()
    expect((after - before) / MEASURED).toBeLessThan(OCTETS_EACH)
    await origin.close()
  },
  120_000,
)
