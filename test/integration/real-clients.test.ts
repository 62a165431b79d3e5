import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { ProxyAgent, fetch as undiciFetch, WebSocket } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccessRecord } from '../../src/channels.js'
import { type EchoOrigin, startEchoOrigin } from '../helpers/echo-origin.js'
import { createGitServer } from '../helpers/git-http-backend.js'
import { type OpenProxy, startOpenProxy } from '../helpers/open-proxy.js'
import { packageRegistry } from '../helpers/package-registry.js'
import { eventually } from '../helpers/raw-peer.js'
import { hasCommand, runCommand } from '../helpers/run-command.js'
import { createTempFolder } from '../helpers/temp-folder.js'
import { makeCertificate, type TlsCertificate } from '../helpers/tls-certificate.js'
import { maskedText } from '../helpers/web-socket-echo.js'

const folder = createTempFolder()
const hasOpenssl = hasCommand('openssl', ['version'])
const BLOCKED = 'blocked.test'
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))
if (!hasIPv6) console.log('skipped: no IPv6 loopback on this machine')

let proxy: OpenProxy
let http: EchoOrigin
let https: EchoOrigin
let certificate: TlsCertificate

// in the module, where afterAll of the certificate's folder can be registered
if (hasOpenssl) certificate = makeCertificate()

beforeAll(async () => {
  proxy = await startOpenProxy(`block .${BLOCKED}  # tests say so`)
  http = await startEchoOrigin()
  if (hasOpenssl) https = await startEchoOrigin({ tls: certificate })
})
afterAll(async () => {
  await proxy.close()
  await http.close()
  if (hasOpenssl) await https.close()
})

/** What the origin saw of the request for a path. */
function seenOf(origin: EchoOrigin, path: string) {
  return origin.seen.filter((request) => request.path === path)
}

describe.skipIf(!hasCommand('curl'))('curl', () => {
  const curl = (...args: string[]) =>
    runCommand('curl', ['-sS', '--max-time', '15', '--noproxy', '', '-x', proxy.url, ...args])

  test('gets a page, and the origin sees neither proxy fields nor another Host', async () => {
    const { code, stdout } = await curl(`${http.url}/curl-get`)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'GET /curl-get' })
    expect(seenOf(http, '/curl-get').map(({ headers }) => headers)).toEqual([
      { host: `127.0.0.1:${http.port}`, 'user-agent': expect.stringContaining('curl/'), accept: '*/*' },
    ])
  })

  test.skipIf(!hasOpenssl)('gets a page over https', async () => {
    const { code, stdout, stderr } = await curl('--cacert', certificate.file, `${https.url}/curl-tls`)
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'GET /curl-tls', stderr: '' })
  })

  test('speaks HTTP/1.0', async () => {
    const { stdout } = await curl('-0', '-i', `${http.url}/curl-10`)
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*GET \/curl-10$/)
    expect(stdout).not.toMatch(/transfer-encoding/i)
  })

  test('tunnels plain http', async () => {
    const { stdout } = await curl('--proxytunnel', `${http.url}/curl-tunnel`)
    expect(stdout).toBe('GET /curl-tunnel')
    // a tunnel is recorded when it has ended, which may be after its client has
    await eventually(() =>
      proxy.records.some(({ method, target }) => method === 'CONNECT' && target.port === http.port),
    )
  })

  test('sends a body that waits for 100 Continue', async () => {
    const { code, stderr } = await curl('-v', '-H', 'Expect: 100-continue', '-d', 'a=b', `${http.url}/curl-expect`)
    expect(code).toBe(0)
    expect(stderr).toContain('HTTP/1.1 100 Continue')
    expect(seenOf(http, '/curl-expect')[0]?.bodyBytes).toBe(3)
  })

  test.each(['-T', '--data-binary'])('uploads 20 MB whole with %s', async (option) => {
    const bytes = Buffer.alloc(20_000_000, 'veilgate ')
    const file = join(folder.path, 'upload.bin')
    writeFileSync(file, bytes)
    const path = `/curl-upload${option}`
    const { code } = await curl(option, option === '-T' ? file : `@${file}`, `${http.url}${path}`)
    expect(code).toBe(0)
    expect(seenOf(http, path)[0]?.bodyBytes).toBe(bytes.length)
  })

  test('uploads a stream of unknown length in chunks', async () => {
    const url = `${http.url}/curl-chunked`
    const args = ['-sS', '--noproxy', '', '-x', proxy.url, '-T', '-', '-H', 'Expect:', url]
    const { code } = await runCommand('curl', args, { input: Buffer.alloc(3_000_000, 1) })
    expect(code).toBe(0)
    const [seen] = seenOf(http, '/curl-chunked')
    expect(seen?.headers['transfer-encoding']).toBe('chunked')
    expect(seen?.bodyBytes).toBe(3_000_000)
  })

  test('asks for the head only', async () => {
    const { stdout } = await curl('-I', `${http.url}/curl-head`)
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(seenOf(http, '/curl-head')[0]?.method).toBe('HEAD')
  })

  test('gets two pages over one connection to the proxy, and the proxy over one to the origin', async () => {
    const before = http.connections
    const { stdout, stderr } = await curl('-v', `${http.url}/curl-one`, `${http.url}/curl-two`)
    expect(stdout).toBe('GET /curl-oneGET /curl-two')
    expect(stderr).toContain('Re-using existing connection')
    expect(http.connections - before).toBeLessThanOrEqual(1)
  })

  test.skipIf(!hasIPv6)('reaches an IPv6 literal, plain and through a tunnel', async () => {
    const six = await startEchoOrigin({ host: '::1' })
    try {
      expect((await curl(`${six.url}/six`)).stdout).toBe('GET /six')
      expect((await curl('--proxytunnel', `${six.url}/six-tunnel`)).stdout).toBe('GET /six-tunnel')
    } finally {
      await six.close()
    }
  })

  test('shows why a plain request is blocked', async () => {
    const { code, stdout } = await curl('-i', `http://${BLOCKED}/`)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/)
    expect(stdout).toMatch(/\r\nProxy-Status: veilgate; error=http_request_denied; details="[^"]*test\.rules:1/)
    expect(stdout).toContain('tests say so')
  })

  test('fails with 403 where a tunnel is blocked, and tells more when asked', async () => {
    const { code, stderr } = await curl('-v', `https://${BLOCKED}/`)
    expect(code).toBe(56)
    expect(stderr).toContain('CONNECT tunnel failed, response 403')
    expect(stderr).toContain('Proxy-Status: veilgate; error=http_request_denied')
  })
})

describe.skipIf(!hasCommand('wget'))('wget', () => {
  const wget = (...args: string[]) =>
    runCommand('wget', ['-nv', '-O', '-', '-t', '1', '-T', '15', '-e', 'use_proxy=yes', ...args])
  const through = () => ['-e', `http_proxy=${proxy.url}`, '-e', `https_proxy=${proxy.url}`]

  test('gets a page', async () => {
    expect(await wget(...through(), `${http.url}/wget`)).toMatchObject({ code: 0, stdout: 'GET /wget' })
  })

  test.skipIf(!hasOpenssl)('gets a page over https', async () => {
    const result = await wget(...through(), `--ca-certificate=${certificate.file}`, `${https.url}/wget-tls`)
    expect(result).toMatchObject({ code: 0, stdout: 'GET /wget-tls' })
  })

  test('says that a host is forbidden', async () => {
    const plain = await wget(...through(), `http://${BLOCKED}/`)
    expect(plain.code).toBe(8)
    expect(plain.stderr).toContain('403: Forbidden')
    const tunnel = await wget(...through(), `https://${BLOCKED}/`)
    expect(tunnel.code).not.toBe(0)
    expect(tunnel.stderr).toContain('Forbidden')
  })
})

describe.skipIf(!hasCommand('git'))('git', () => {
  const git = async (cwd: string, ...args: string[]) => {
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.test', '-c', 'init.defaultBranch=main']
    const result = await runCommand('git', [...identity, '-c', `http.proxy=${proxy.url}`, ...args], {
      cwd,
      env: { GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', no_proxy: '' },
    })
    return result
  }

  test('clones and pushes, with a body beyond what it buffers', async () => {
    const root = join(folder.path, 'git')
    mkdirSync(root)
    await git(root, 'init', '--bare', 'repo.git')
    await git(join(root, 'repo.git'), 'config', 'http.receivepack', 'true')
    const server = createGitServer(root).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      expect((await git(root, 'clone', `http://127.0.0.1:${port}/repo.git`, 'work')).code).toBe(0)
      const work = join(root, 'work')
      // beyond http.postBuffer git sends chunks, and does not compress what it cannot
      writeFileSync(join(work, 'noise.bin'), pseudoRandom(3_000_000))
      await git(work, 'add', '.')
      await git(work, 'commit', '-m', 'noise')
      const push = await git(work, 'push', 'origin', 'HEAD:main')
      expect(push, push.stderr).toMatchObject({ code: 0 })
      expect((await git(root, 'clone', '-b', 'main', `http://127.0.0.1:${port}/repo.git`, 'again')).code).toBe(0)
      expect(readFileSync(join(root, 'again/noise.bin')).length).toBe(3_000_000)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('says that a host is refused with 403', async () => {
    const { code, stderr } = await git(folder.path, 'ls-remote', `http://${BLOCKED}/x.git`)
    expect(code).toBe(128)
    expect(stderr).toContain('403')
    expect((await git(folder.path, 'ls-remote', `https://${BLOCKED}/x.git`)).stderr).toContain('403')
  })
})

describe.skipIf(!hasCommand('npm'))('npm', () => {
  const npm = (cwd: string, registry: string, ...args: string[]) => {
    const settings = ['--proxy', proxy.url, '--https-proxy', proxy.url, '--noproxy', '', '--registry', registry]
    const quiet = ['--no-audit', '--no-fund', '--fetch-retries', '0', '--cache', join(folder.path, 'npm-cache')]
    return runCommand('npm', [...args, ...settings, ...quiet], { cwd, env: { npm_config_update_notifier: 'false' } })
  }

  test('installs a package', async () => {
    const registry = await startEchoOrigin({ answer: packageRegistry() })
    const cwd = join(folder.path, 'npm')
    mkdirSync(cwd)
    writeFileSync(join(cwd, 'package.json'), '{"name":"user","private":true}')
    try {
      const result = await npm(cwd, registry.url, 'install', 'veilgate-fixture')
      expect(result, result.stderr).toMatchObject({ code: 0 })
      expect(readFileSync(join(cwd, 'node_modules/veilgate-fixture/i.js'), 'utf8')).toContain('installed')
      await eventually(() => proxy.records.some(({ target }) => target.port === registry.port))
    } finally {
      await registry.close()
    }
  }, 60_000)

  test('names the status where the registry is blocked', async () => {
    const { code, stderr } = await npm(folder.path, `http://${BLOCKED}/`, 'view', 'veilgate-fixture')
    expect(code).not.toBe(0)
    expect(stderr).toContain('403')
  }, 60_000)
})

describe.skipIf(!hasCommand('python3'))('Python', () => {
  const python = (script: string, ...args: string[]) => runCommand('python3', ['-c', script, proxy.url, ...args])
  const OPEN = `
import sys, urllib.request, urllib.error
proxy, url = sys.argv[1:3]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({'http': proxy, 'https': proxy}))
try:
    print(opener.open(url, timeout=15).read().decode(), end='')
except urllib.error.HTTPError as error:
    print(error.code, error.headers['Proxy-Status'], end='')
except OSError as error:
    print(error, end='')
`

  test('urllib gets a page', async () => {
    expect(await python(OPEN, `${http.url}/urllib`)).toMatchObject({ code: 0, stdout: 'GET /urllib' })
  })

  test.skipIf(!hasOpenssl)('http.client gets a page over https through a tunnel', async () => {
    const script = `
import sys, ssl, http.client, urllib.parse
proxy, cert, port = urllib.parse.urlparse(sys.argv[1]), sys.argv[2], int(sys.argv[3])
client = http.client.HTTPSConnection(proxy.hostname, proxy.port, timeout=15, context=ssl.create_default_context(cafile=cert))
client.set_tunnel('127.0.0.1', port)
for path in ['/one', '/two']:
    client.request('POST', path, body=b'x' * 100000)
    print(client.getresponse().read().decode())
`
    const result = await python(script, certificate.file, String(https.port))
    expect(result, result.stderr).toMatchObject({ code: 0, stdout: 'POST /one\nPOST /two\n' })
  })

  test('urllib raises 403 for a blocked host, with the reason in Proxy-Status', async () => {
    const plain = await python(OPEN, `http://${BLOCKED}/`)
    expect(plain.stdout).toMatch(/^403 veilgate; error=http_request_denied; details="[^"]*test\.rules:1/)
    const tunnel = await python(OPEN, `https://${BLOCKED}/`)
    expect(tunnel.stdout).toContain('Tunnel connection failed: 403 Forbidden')
  })
})

describe('Node', () => {
  let agent: ProxyAgent
  beforeAll(() => {
    agent = new ProxyAgent({ uri: proxy.url, ...(hasOpenssl ? { requestTls: { ca: certificate.cert } } : {}) })
  })
  afterAll(() => agent.close())

  test('undici tunnels plain http', async () => {
    const response = await undiciFetch(`${http.url}/undici`, { dispatcher: agent })
    expect(await response.text()).toBe('GET /undici')
  })

  test.skipIf(!hasOpenssl)('undici gets a page over https', async () => {
    const response = await undiciFetch(`${https.url}/undici-tls`, { dispatcher: agent })
    expect(await response.text()).toBe('GET /undici-tls')
  })

  test('undici sends absolute-form where it is told not to tunnel', async () => {
    const plain = new ProxyAgent({ uri: proxy.url, proxyTunnel: false })
    const response = await undiciFetch(`${http.url}/undici-plain`, { dispatcher: plain })
    expect(await response.text()).toBe('GET /undici-plain')
    const isPlain = ({ target }: AccessRecord) => target.form === 'absolute' && target.path === '/undici-plain'
    await eventually(() => proxy.records.some(isPlain))
    await plain.close()
  })

  test('the fetch of Node itself goes through the agent', async () => {
    const init = { dispatcher: agent }
    // Node's types take its own undici's dispatcher, which is the same interface
    const response = await fetch(`${http.url}/fetch`, init as unknown as RequestInit)
    expect(await response.text()).toBe('GET /fetch')
  })

  test('undici fails a blocked host with the status of the proxy', async () => {
    const failure = await undiciFetch(`https://${BLOCKED}/`, { dispatcher: agent }).catch((error: unknown) => error)
    expect(inspect(failure)).toContain('Proxy response (403)')
  })

  test('a WebSocket echoes through a tunnel', async () => {
    const socket = new WebSocket(http.url.replace('http:', 'ws:'), { dispatcher: agent })
    const echoed = new Promise((resolve, reject) => {
      socket.onmessage = ({ data }) => resolve(data)
      socket.onerror = reject
    })
    socket.onopen = () => socket.send('over the tunnel')
    expect(await echoed).toBe('over the tunnel')
    socket.close()
  })

  test.each(['http', 'ws'])(
    'a WebSocket echoes after an upgrade in absolute form, with the scheme %s',
    async (scheme) => {
      const socket = connect(proxy.port, proxy.host)
      let received = ''
      const isEchoed = new Promise<void>((resolve, reject) => {
        socket.on('error', reject)
        socket.on('data', (chunk) => {
          received += chunk.toString('latin1')
          if (received.endsWith('\r\n\r\n')) socket.write(maskedText('as a client'))
          if (received.endsWith('as a client')) resolve()
        })
      })
      const target = `${http.url.replace('http:', `${scheme}:`)}/chat`
      socket.write(
        `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      )
      await isEchoed
      expect(received).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/)
      expect(received).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
      socket.destroy()
    },
  )
})

/** Noise that no compression shortens, the same in every run. */
function pseudoRandom(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    bytes[i] = state >>> 24
  }
  return bytes
}
