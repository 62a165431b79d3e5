import { randomBytes } from 'node:crypto'
import { createProxy } from '../app.js'
import { compileRules } from '../compile-rules.js'
import { counted } from '../counted.js'
import { CannotRunError, InputError } from '../errors.js'
import { parseAuthority } from '../http/authority.js'
import { type EchoPage, runEcho } from '../leaktest/echo-page.js'
import { runLeaktest, type StartProxy } from '../leaktest/run.js'
import { escaped } from './escaped.js'
import { totalsOf, wayLines } from './leaktest-table.js'
import { loadConfig } from './load.js'
import type { StartOptions } from './options.js'

export type LeaktestOptions = StartOptions & {
  /** An echo page. */
  readonly url?: string
}

/**
 * `veilgate leaktest`: sends what browsers send through a proxy of this
 * configuration and says what arrived of what identifies a person.
 *
 * @returns the exit code: 1 when anything arrived that shall not
 * @throws {InputError} options or configuration are wrong
 * @throws {CannotRunError} nothing arrived anywhere, so nothing is shown
 */
export async function leaktest(options: LeaktestOptions, startProxy: StartProxy = startOwn): Promise<number> {
  const page = options.url === undefined ? undefined : echoPage(options.url)
  const config = await loadConfig(options)
  const ways = [
    ...(await runLeaktest(config, startProxy)),
    ...(page === undefined ? [] : [await runEcho(config, page, `lt${randomBytes(8).toString('hex')}`, startProxy)]),
  ]
  const totals = totalsOf(ways)
  process.stdout.write(
    options.json ? `${JSON.stringify({ ...totals, ways }, null, 2)}\n` : `${textOf(ways, totals).join('\n')}\n`,
  )
  if (totals.leaks > 0) return 1
  if (ways.every(({ arrived }) => arrived === 0)) {
    throw new CannotRunError('no request arrived anywhere, so nothing was shown')
  }
  return 0
}

function textOf(
  ways: Parameters<typeof totalsOf>[0],
  { leaks, exposed, withheld }: ReturnType<typeof totalsOf>,
): readonly string[] {
  const lines = ways.flatMap((way) => [...wayLines(way).map(escaped), ''])
  return [...lines, `${counted(leaks, 'leak')}, ${exposed} exposed, ${withheld} withheld`]
}

function echoPage(text: string): EchoPage {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  const place = isHttp ? parseAuthority(url.host, url.protocol === 'https:' ? 443 : 80) : undefined
  if (url !== undefined && place !== undefined && url.username === '' && url.password === '') {
    return { url, host: place.host, port: place.port }
  }
  const fix = 'write an http:// or https:// URL without a login'
  throw new InputError([{ file: '--url', line: 0, column: 0, message: 'not the URL of a page', fix }])
}

/** A proxy in this process. Rules are of no matter: what they let through is what is looked at. */
const startOwn: StartProxy = async (config) => {
  const proxy = createProxy({ ...config, ruleSet: compileRules([], { default: 'allow' }) })
  await proxy.listen()
  return { port: Number(new URL(proxy.address).port), close: () => proxy.close({ drainMs: 0 }) }
}
