import { request } from 'node:http'
import { isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Config } from '../config/config.js'
import { authorityOf, BROWSERS, connectHead, requestHead } from './browsers.js'
import { openTunnel } from './client.js'
import { type Finding, judgeEcho, toRows } from './judge.js'
import type { StartProxy, WayReport } from './run.js'
import { onLoopback } from './run-config.js'
import { promisesOf, wayTo } from './ways.js'

/** A page that answers with what it was sent. */
export type EchoPage = { readonly url: URL; readonly host: string; readonly port: number }

const TIMEOUT_MS = 30_000
/** Of an answer; more is not looked at. */
const MAX_ANSWER = 1_048_576
const KINDS = ['page', 'third-party'] as const

/**
 * Fetches a page through a proxy of this configuration, as it is: by its
 * upstreams and name servers. The values that were sent are looked for in the answer.
 *
 * @param token as in `Asked`
 */
export async function runEcho(
  config: Config,
  { url, host, port }: EchoPage,
  token: string,
  startProxy: StartProxy,
): Promise<WayReport> {
  const way = wayTo(config, host, port) ?? { route: 0, match: [], via: 'no route', host }
  const promises = promisesOf(config, way, host, port)
  const isTunnel = url.protocol === 'https:'
  const findings: Finding[] = []
  const notes = new Set<string>()
  let arrived = 0
  const proxy = await startProxy(onLoopback(config))
  try {
    for (const kind of KINDS) {
      for (const browser of BROWSERS) {
        const sent = headFor(url, requestHead(browser, { kind, token, authority: url.host }), token)
        try {
          const answer = await fetchPage(proxy.port, { url, host, port }, sent, token)
          findings.push(...judgeEcho({ browser, kind, token, sent, answer, isTunnel }, promises))
          arrived++
        } catch (error) {
          notes.add(`did not pass, ${kind}: ${error instanceof Error ? error.message : error}`)
        }
      }
    }
  } finally {
    await proxy.close()
  }
  return { ...way, profile: isTunnel ? null : promises.profile, rows: toRows(findings), notes: [...notes], arrived }
}

/** The page in the place of ours, with its own query before the tracking parameters, and an answer that can be read. */
function headFor(url: URL, head: string, token: string): string {
  const query = `${url.search === '' ? '?' : `${url.search}&`}utm_source=${token}-campaign&gclid=${token}-click`
  const target = `${url.protocol === 'https:' ? '' : url.origin}${url.pathname}${query}`
  return head
    .replace(/^GET \S+/, () => `GET ${target}`)
    .replace(/^accept-encoding: .*$/im, 'Accept-Encoding: identity')
    .replace(/^connection: .*$/im, 'Connection: close, X-Nominated')
    .replace(/^if-none-match: .*\r\n/im, '')
}

async function fetchPage(
  proxyPort: number,
  { url, host, port }: EchoPage,
  head: string,
  token: string,
): Promise<string> {
  if (url.protocol === 'http:') return read(proxyPort, head, undefined)
  const asked = { kind: 'tunnel', authority: authorityOf(host, port), token } as const
  const tunnel = await openTunnel({ port: proxyPort, timeoutMs: TIMEOUT_MS }, connectHead(asked))
  // an address is no server name (RFC 6066 §3), and the certificate is for it all the same
  const inside = connectTls({ socket: tunnel, host, ...(isIP(host) === 0 && { servername: host }) })
  inside.on('error', () => tunnel.destroy())
  try {
    return await read(proxyPort, head, inside)
  } finally {
    tunnel.destroy()
  }
}

function read(port: number, head: string, inside: Socket | undefined): Promise<string> {
  const [line = '', ...lines] = head.trimEnd().split('\r\n')
  const headers = lines.flatMap((field) => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon), field.slice(colon + 1).trim()]
  })
  const where = { host: '127.0.0.1', port, path: line.split(' ')[1] ?? '/', headers, setHost: false }
  return new Promise((resolve, reject) => {
    // where an agent is named, even false, createConnection is not asked
    const how = inside === undefined ? { agent: false as const } : { createConnection: () => inside }
    const asking = request({ ...where, ...how }, (response) => {
      const received: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        if (size < MAX_ANSWER) received.push(chunk)
        size += chunk.length
      })
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0 } = response
        if (statusCode === 200) resolve(Buffer.concat(received).toString('utf8'))
        else reject(new Error(`the page answered ${statusCode}`))
      })
    })
    asking.on('error', reject)
    asking.setTimeout(TIMEOUT_MS, () => asking.destroy(new Error('the page does not answer')))
    asking.end()
  })
}
