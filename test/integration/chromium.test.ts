import type { RequestListener } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HEADER_CATALOG } from '../../src/http/header-catalog.js'
import { dumpDom } from '../helpers/chromium.js'
import { type DnsServer, startDnsServer } from '../helpers/dns-server.js'
import { type EchoOrigin, type SeenRequest, startEchoOrigin } from '../helpers/echo-origin.js'
import { type OpenProxy, startOpenProxy } from '../helpers/open-proxy.js'
import { hasCommand } from '../helpers/run-command.js'
import { makeCertificate } from '../helpers/tls-certificate.js'

const LOAD_MS = 60_000
const HINTS = 'Sec-CH-UA-Model, Sec-CH-UA-Full-Version-List, Sec-CH-UA-Arch, Sec-CH-UA-Bitness, DPR, Device-Memory, RTT'
/** Chromium asks its maker's hosts whatever the flags say: here none but the test's own are let through. */
const RULES = `default block
allow 127.0.0.1
allow page.test
allow cdn.test
block .tracker.test  # tells who reads what
`

const canRun = hasCommand('chromium') && hasCommand('openssl', ['version'])
const certificate = canRun ? makeCertificate() : undefined

/** Answers `/hold` when `/release` has been asked: a page stays loading until its script is done. */
function pages(): RequestListener {
  let release = () => {}
  return function answerPage(request, response) {
    if (request.url === '/hold') {
      release = () => response.end()
      return
    }
    if (request.url === '/release') release()
    response.setHeader('content-type', request.url?.endsWith('.js') ? 'text/javascript' : 'text/html')
    response.setHeader('accept-ch', HINTS)
    response.setHeader('critical-ch', HINTS)
    response.end(PAGES[request.url ?? ''] ?? '')
  }
}

const PAGES: Readonly<Record<string, string>> = {
  '/news': `<!doctype html><body><script>
    const note = (name) => ({ onload: () => (document.body.dataset[name] = 'loaded'), onerror: () => (document.body.dataset[name] = 'failed') })
    const load = (name, src) => document.body.append(Object.assign(document.createElement('script'), { src }, note(name)))
    load('tracker', 'http://stats.tracker.test/t.js')
    load('own', '/own.js')
    load('cdn', 'http://cdn.test:' + location.port + '/lib.js?from=' + location.pathname)
  </script>`,
  '/hints': `<!doctype html><meta http-equiv="Accept-CH" content="${HINTS}"><body><iframe src="/hinted"></iframe>
    <script src="/own.js"></script>`,
  '/hinted': '<!doctype html><body>hinted',
  '/chat': `<!doctype html><body><img src="/hold"><script>
    const socket = new WebSocket('ws://' + location.host + '/socket')
    socket.onopen = () => socket.send('from the page')
    socket.onmessage = ({ data }) => { document.body.dataset.socket = data; fetch('/release') }
    socket.onerror = () => { document.body.dataset.socket = 'failed'; fetch('/release') }
  </script>`,
  '/own.js': '',
  '/lib.js': '',
}

/** Names of fields that a profile promises to take out of requests and that the origin saw all the same. */
function identifyingFields(seen: readonly SeenRequest[]): readonly string[] {
  const rows = HEADER_CATALOG.filter(
    ({ group, act }) => act === 'removed' && ['always', 'carrier', 'standard'].includes(group),
  )
  const names = [...new Set(seen.flatMap(({ headers }) => Object.keys(headers)))]
  return names.filter((name) =>
    rows.some((row) => (row.name.endsWith('*') ? name.startsWith(row.name.slice(0, -1)) : row.name === name)),
  )
}

describe.skipIf(!canRun)('Chromium', { timeout: LOAD_MS }, () => {
  let dns: DnsServer
  let origin: EchoOrigin
  let proxy: OpenProxy

  beforeAll(async () => {
    const loopback = { A: { addresses: ['127.0.0.1'] } }
    dns = await startDnsServer({ 'page.test': loopback, 'cdn.test': loopback })
    origin = await startEchoOrigin({ answer: pages() })
    const guard = { allow: ['127.0.0.0/8'] }
    proxy = await startOpenProxy(RULES, { egress: { guard, dns: { servers: [dns.address] } } })
  })
  afterAll(async () => {
    await proxy.close()
    await origin.close()
    await dns.close()
  })

  test('loads a page whose tracker is blocked, and the page notices', async () => {
    const { stdout } = await dumpDom(proxy.url, `http://page.test:${origin.port}/news`)
    expect(stdout).toMatch(/<body[^>]* data-tracker="failed"/)
    expect(stdout).toMatch(/<body[^>]* data-own="loaded"/)
    expect(stdout).toMatch(/<body[^>]* data-cdn="loaded"/)
    const blocked = proxy.records.find(({ target }) => target.host === 'stats.tracker.test')
    expect(blocked).toMatchObject({ status: 403, decision: { reason: 'rule', rule: { text: 'block .tracker.test' } } })
    expect(dns.questions.filter((question) => question.includes('tracker'))).toEqual([])
  })

  test('tells the origin nothing that a header profile takes out, and another site only where it came from', async () => {
    expect(origin.seen.length).toBeGreaterThanOrEqual(3)
    expect(identifyingFields(origin.seen)).toEqual([])
    for (const { headers } of origin.seen) expect(headers).not.toHaveProperty('proxy-connection')
    const [library] = origin.seen.filter(({ path }) => path.startsWith('/lib.js'))
    expect(library?.headers.referer).toBe(`http://page.test:${origin.port}/`)
  })

  test('sends no client hint of high entropy, though the page asks for it in its head and in its text', async () => {
    // a plain name is no secure context, where hints are sent: a loopback address is
    const before = origin.seen.length
    await dumpDom(proxy.url, `http://127.0.0.1:${origin.port}/hints`)
    const seen = origin.seen.slice(before)
    expect(seen.map(({ path }) => path)).toEqual(expect.arrayContaining(['/hints', '/hinted', '/own.js']))
    expect(identifyingFields(seen)).toEqual([])
  })

  test('would send such hints: with the profile off they arrive', async () => {
    const bare = await startOpenProxy(RULES, { headers: { profile: 'off' } })
    const before = origin.seen.length
    try {
      await dumpDom(bare.url, `http://127.0.0.1:${origin.port}/hints`)
      expect(identifyingFields(origin.seen.slice(before))).toContain('sec-ch-ua-model')
    } finally {
      await bare.close()
    }
  })

  test('shows the block page for a blocked document, and runs nothing that its address holds', async () => {
    const { stdout } = await dumpDom(proxy.url, "http://www.tracker.test/<script>document.title='ran'</script>")
    expect(stdout).toContain('www.tracker.test')
    expect(stdout).toContain('block .tracker.test')
    expect(stdout).toContain('tells who reads what')
    expect(stdout).toContain('allow www.tracker.test')
    expect(stdout).not.toContain('<script')
    expect(stdout).toContain('<title>Blocked')
  })

  test('says that the tunnel failed where https is blocked', async () => {
    const before = proxy.records.length
    const { stdout } = await dumpDom(proxy.url, 'https://www.tracker.test/')
    expect(stdout).not.toContain('tells who reads what')
    const tried = proxy.records.slice(before).filter(({ target }) => target.host === 'www.tracker.test')
    expect(tried.map(({ method, status }) => `${method} ${status}`)).toContain('CONNECT 403')
  })

  test('loads a page over https', async () => {
    if (certificate === undefined) throw new Error('no certificate')
    const tls = await startEchoOrigin({ tls: certificate })
    try {
      expect((await dumpDom(proxy.url, `https://127.0.0.1:${tls.port}/secret`)).stdout).toContain('GET /secret')
    } finally {
      await tls.close()
    }
  })

  test('echoes over a WebSocket of the page', async () => {
    const { stdout } = await dumpDom(proxy.url, `http://127.0.0.1:${origin.port}/chat`)
    expect(stdout).toMatch(/<body[^>]* data-socket="from the page"/)
  })

  test('gets nowhere else', () => {
    const elsewhere = proxy.records.filter(({ target }) => !/^(127\.0\.0\.1|(page|cdn)\.test)$/.test(target.host))
    // names may be asked for (a rule allows an address they might have), but nothing is dialled
    expect(elsewhere.filter(({ egress, decision }) => egress !== null || decision.action === 'allow')).toEqual([])
  })
})
