import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { TEST_ENGINE } from '../helpers/engines.js'
import { answering, ok, startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import { eventually } from '../helpers/raw-peer.js'
import { askFor, newPlace } from '../helpers/running-command.js'
import { openOptions, startTestProxy } from '../helpers/test-proxy.js'

const admin = { listen: 'http://127.0.0.1:0' }
const get = (url: string) => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`

async function metricsOf(address: string): Promise<readonly string[]> {
  return (await (await fetch(`${address}/metrics`)).text()).split('\n')
}

test('exchanges, tunnels, octets and limits met are in the metrics', async () => {
  const origin = await startRawOrigin(answering(ok('hello')))
  const { proxy, connect, record } = await startTestProxy({
    admin,
    lines: ['block blocked.test'],
    limits: { uriBytes: 512 },
  })
  const client = await connect()
  for (const url of [`${origin.url}/a`, `${origin.url}/b`, 'http://blocked.test/']) {
    await client.write(get(url))
    await client.readResponse()
  }
  const tunnel = await connect()
  await tunnel.write(`CONNECT ${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n${get('/in-tunnel')}`)
  await tunnel.readHead()
  await tunnel.readResponse()
  const long = await connect()
  await long.write(get(`${origin.url}/${'p'.repeat(600)}`))
  await long.closed()
  await record(3)

  const lines = await metricsOf(proxy.adminAddress)
  expect(lines).toEqual(
    expect.arrayContaining([
      'veilgate_requests_total{listener="http-1",method_class="read",decision="allow",code="200"} 2',
      'veilgate_requests_total{listener="http-1",method_class="read",decision="block",code="403"} 1',
      'veilgate_decisions_total{level="block",list="t.rules"} 1',
      'veilgate_errors_total{error="VG_URI_TOO_LONG"} 1',
      'veilgate_ratelimited_total{limit="uriBytes"} 1',
      expect.stringContaining(`engine="${TEST_ENGINE}"`),
      'veilgate_tunnels_active 1',
      'veilgate_connections_active 2',
      'veilgate_origin_connections_idle 1',
      'veilgate_connect_duration_seconds_count{route="direct"} 2',
      'veilgate_request_duration_seconds_count 4',
    ]),
  )
  // the tunnel still stands, and its octets are there
  const answer = ok('hello').length
  const sent = lines.find((line) => line.startsWith('veilgate_bytes_total{direction="to_client"}'))?.split(' ')[1]
  expect(Number(sent)).toBeGreaterThan(3 * answer)
})

test('no client can ask the admin listener through the proxy', async () => {
  const { proxy, connect } = await startTestProxy({ admin })
  const client = await connect()
  await client.write(get(`${proxy.adminAddress}/metrics`))
  expect((await client.readResponse()).status).toBe(508)
})

test('while it drains it is alive, not ready, and still tells its metrics', async () => {
  const origin = await startRawOrigin()
  const { proxy, connect } = await startTestProxy({ admin })
  const client = await connect()
  await client.write(get(`${origin.url}/`))
  const peer = await origin.peer(0)
  await peer.readRequest()
  const { adminAddress } = proxy
  expect((await fetch(`${adminAddress}/readyz`)).status).toBe(200)
  const stopped = proxy.close({ drainMs: 60_000 })
  const draining = await fetch(`${adminAddress}/readyz`)
  expect([draining.status, await draining.text()]).toEqual([503, 'draining\n'])
  expect((await fetch(`${adminAddress}/healthz`)).status).toBe(200)
  expect(await metricsOf(adminAddress)).toContain('veilgate_connections_active 1')
  await peer.write(ok('x'))
  await client.readResponse()
  expect(await stopped).toBe(0)
  await expect(fetch(`${adminAddress}/healthz`)).rejects.toThrow()
})

test('a reload that was refused is in the metrics until one succeeds', async () => {
  const { proxy } = await startTestProxy({ admin })
  const { ruleSet: _ruleSet, ...options } = openOptions({ admin })
  const files = [{ name: 'no.rules', path: '/no/such.rules', action: 'block' as const }]
  await expect(proxy.reload({ ...options, rules: { files } })).rejects.toThrow('no.rules')
  expect(await metricsOf(proxy.adminAddress)).toContain('veilgate_config_last_reload_successful 0')
  await proxy.reload(openOptions({ admin }))
  expect(await metricsOf(proxy.adminAddress)).toContain('veilgate_config_last_reload_successful 1')
})

test('an exchange whose client leaves is counted without a status', async () => {
  const origin = await startRawOrigin()
  const { proxy, connect } = await startTestProxy({ admin })
  const client = await connect()
  await client.write(get(`${origin.url}/`))
  await origin.peer(0)
  client.reset()
  await eventually(() => proxy.connections === 0)
  expect(await metricsOf(proxy.adminAddress)).toContain(
    'veilgate_requests_total{listener="http-1",method_class="read",decision="allow",code="0"} 1',
  )
})

test('an upstream that does not work is in the metrics', async () => {
  const port = await unusedPort()
  const { proxy, connect } = await startTestProxy({
    admin,
    upstreams: { up: { hops: [`http://127.0.0.1:${port}`], tor: false } },
    route: [{ match: ['*'], via: 'up', anonymous: false }],
  })
  const isUp = 'veilgate_upstream_up{route="up",node="up"}'
  expect(await metricsOf(proxy.adminAddress)).toContain(`${isUp} 1`)
  const client = await connect()
  await client.write(get('http://a.test/'))
  expect((await client.readResponse()).status).toBe(503)
  expect(await metricsOf(proxy.adminAddress)).toContain(`${isUp} 0`)
})

test('with workers one listener tells of all of them, of one that was killed too, and no worker lets clients reach it', async () => {
  const origin = await startRawOrigin(answering(ok('hello')))
  const place = newPlace()
  const config = place.write(
    'veilgate.yaml',
    'workers: 2\nlisten: [http://127.0.0.1:0]\nrules: { files: [] }\nadmin: { listen: http://127.0.0.1:0 }\n' +
      'egress: { guard: { allow: [127.0.0.0/8] } }\nlog: { access: { file: off } }\n',
  )
  const veilgate = await place.start(['--config', config])
  const [, address = ''] = /metrics and health on (\S+)/.exec(veilgate.output.stderr) ?? []
  const asked = async () => {
    const line = (await metricsOf(address)).find((text) => text.includes('decision="allow",code="200"}'))
    return Number(line?.split(' ')[1])
  }
  for (let i = 0; i < 20; i++) expect((await askFor(veilgate.port, `${origin.url}/`)).status).toBe('200')
  expect(await asked()).toBe(20)
  for (let i = 0; i < 8; i++) expect((await askFor(veilgate.port, `${address}/metrics`)).status).toBe('508')
  const children = execFileSync('pgrep', ['-P', String(veilgate.pid)], { encoding: 'utf8' })
    .trim()
    .split('\n')
  process.kill(Number(children[0]), 'SIGKILL')
  await veilgate.says('another one starts now')
  expect(await asked()).toBe(20)
  expect((await fetch(`${address}/readyz`)).status).toBe(200)
  veilgate.signal('SIGTERM')
  expect(await veilgate.exit).toBe(0)
})
