import { createServer } from 'node:https'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startRawOrigin } from '../helpers/raw-origin.js'
import { startRecordingParent } from '../helpers/recording-parent.js'
import { type CommandResult, runCommand } from '../helpers/run-command.js'
import { createTempFolder } from '../helpers/temp-folder.js'
import { makeCertificate } from '../helpers/tls-certificate.js'

const BIN = new URL('../../bin/veilgate', import.meta.url).pathname
const certificate = makeCertificate()
const folder = createTempFolder()

/** A page in TLS that answers with what it was sent; its certificate is for localhost and loopback. */
async function startPage(host: string): Promise<{ readonly port: number; readonly servernames: (string | false)[] }> {
  const servernames: (string | false)[] = []
  const page = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    servernames.push((request.socket as { servername?: string | false }).servername ?? false)
    response.end(`${request.url} ${JSON.stringify(request.rawHeaders)}`)
  })
  await new Promise<void>((resolve) => page.listen(0, host, resolve))
  onTestFinished(() => {
    page.closeAllConnections()
    page.close()
  })
  const address = page.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0, servernames }
}

async function leaktest(url: string, more: object = {}, trusted = certificate.file): Promise<CommandResult> {
  const config = {
    rules: { files: [] },
    headers: { profile: 'strict' },
    egress: { guard: { allow: ['127.0.0.0/8', '::1'] }, connectPorts: ['1-65535'] },
    ...more,
  }
  const file = folder.write('veilgate.yaml', JSON.stringify(config))
  return await runCommand(process.execPath, [BIN, 'leaktest', '--config', file, '--json', '--url', url], {
    env: { NODE_EXTRA_CA_CERTS: trusted },
  })
}

/** The report on the page, which is the last. */
function pageOf({ stdout, stderr }: CommandResult) {
  if (stdout === '') throw new Error(stderr)
  const { ways } = JSON.parse(stdout)
  return ways.at(-1)
}

describe('leaktest --url https://', () => {
  test.each([
    ['127.0.0.1', 'localhost', 'localhost'],
    ['127.0.0.1', '127.0.0.1', false],
    ['::1', '[::1]', false],
  ] as const)('a page at %s as %s: what a tunnel carries is exposed and no leak', async (address, host, servername) => {
    const page = await startPage(address)
    const result = await leaktest(`https://${host}:${page.port}/echo?own=1`)
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const way = pageOf(result)
    expect(way).toMatchObject({ profile: null, notes: [], arrived: 6, via: 'direct' })
    expect(page.servernames).toEqual(Array(6).fill(servername))
    const seen = Object.fromEntries(way.rows.map((row: { id: string; verdict: string }) => [row.id, row.verdict]))
    expect(seen).toMatchObject({ 'client-address': 'exposed', cookie: 'exposed', tracking: 'exposed' })
    expect(Object.values(seen)).not.toContain('leak')
  })

  test('a page through an upstream', async () => {
    const page = await startPage('127.0.0.1')
    const parent = await startRecordingParent({ names: { localhost: '127.0.0.1' } })
    const way = pageOf(
      await leaktest(`https://localhost:${page.port}/`, {
        upstreams: { up: { url: `socks5h://127.0.0.1:${parent.port}` } },
        route: [{ match: ['*'], via: 'up' }],
      }),
    )
    expect(way).toMatchObject({ via: 'up', notes: [], arrived: 6 })
    expect(parent.asked).toHaveLength(6)
  })

  test.each<[what: string, egress: object, trusted: string, told: string]>([
    ['a certificate of nobody we know', {}, '', 'self-signed certificate'],
    [
      'a port that is not open',
      { egress: { guard: { allow: ['127.0.0.1'] } } },
      certificate.file,
      'HTTP/1.1 403 Forbidden',
    ],
  ])('%s is told, and nothing counts as shown', async (_what, egress, trusted, told) => {
    const { port, servernames } = await startPage('127.0.0.1')
    const way = pageOf(await leaktest(`https://localhost:${port}/`, egress, trusted))
    expect(way).toMatchObject({
      arrived: 0,
      rows: [],
      // a later Node adds what an administrator may do
      notes: ['page', 'third-party'].map((from) => expect.stringContaining(`did not pass, ${from}: ${told}`)),
    })
    expect(servernames).toEqual([])
  })

  test('so is a page that speaks no TLS', async () => {
    const plain = await startRawOrigin((peer) => peer.close())
    const way = pageOf(await leaktest(`https://127.0.0.1:${plain.port}/`))
    expect(way).toMatchObject({ arrived: 0, rows: [] })
    expect(way.notes.length).toBeGreaterThan(1)
  })
})
