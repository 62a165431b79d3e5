import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { readDescriptorLimit } from '../../src/upstream/descriptors.js'
import { newPlace } from '../helpers/running-command.js'
import { waitFor } from '../helpers/wait-for.js'

/** Each takes two descriptors here, and two in the proxy. */
const EXCHANGES = Math.min(5_000, Math.floor(((readDescriptorLimit() ?? 4_096) - 500) / 2.5))
/** How long an exchange is under way at the origin where it is not held: all of them together are not to fill the machine. */
const ANSWER_AFTER_MS = 3_000

const RULES = {
  old: 'block blocked.test # old\n',
  new: '# the rule stands on another line\nblock blocked.test # new\n',
}
const config = (set: 'old' | 'new') => `
listen: [http://127.0.0.1:0]
rules: { files: [t.rules] }
egress: { guard: { allow: [127.0.0.0/8] } }
headers: { set: { X-Set: ${set} }, remove: [X-${set}] }
limits: { perClient: 20000, connectTimeout: 100s, headTimeout: 100s, responseTimeout: 100s }
admin: { listen: http://127.0.0.1:0 }
log: { access: { file: off } }
`

type HoldingOrigin = {
  readonly port: number
  /** Requests that wait for their answer. */
  readonly held: number
  /** Answers them, and holds those that come from now on, or answers them after a while. */
  release(holds: boolean): void
}

/** Says under which set it was asked, with a field that each set removes for itself. */
async function startOrigin(): Promise<HoldingOrigin> {
  let holds = true
  let held: (() => void)[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const answer = (): void => {
      response.writeHead(200, { 'X-Old': '1', 'X-New': '1' })
      response.end(String(request.headers['x-set']))
    }
    if (holds) held.push(answer)
    else setTimeout(answer, ANSWER_AFTER_MS)
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    get held() {
      return held.length
    },
    release(next) {
      holds = next
      const all = held
      held = []
      for (const answer of all) answer()
    },
  }
}

type Seen = { readonly old: number; readonly new: number }

/** One client: asks, and says of each answer by which set it was decided. Anything else is a fault. */
class Client {
  readonly #socket: Socket
  readonly #request: string
  readonly #isBlocked: boolean
  readonly seen = { old: 0, new: 0 }
  fault = ''
  #isWaiting = false
  #isStopping = false
  #stopped = () => {}
  #text = ''

  constructor(port: number, url: string, isBlocked: boolean) {
    this.#isBlocked = isBlocked
    this.#request = `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => this.#ask())
    this.#socket.on('data', (data: Buffer) => this.#receive(data.toString('latin1')))
    this.#socket.on('error', (error) => this.#fail(String(error)))
    this.#socket.on('close', () => {
      if (!this.#isStopping) this.#fail('closed')
    })
  }

  /** Resolves when the answer under way has come. */
  async stop(): Promise<void> {
    this.#isStopping = true
    if (this.#isWaiting) {
      await new Promise<void>((resolve) => {
        this.#stopped = resolve
      })
    }
    this.#socket.destroy()
  }

  #ask(): void {
    this.#isWaiting = true
    this.#socket.write(this.#request)
  }

  #receive(data: string): void {
    this.#text += data
    const end = this.#text.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.#text.slice(0, end)
    const length = Number(
      /^content-length: (\d+)/im.exec(head)?.[1] ?? /\b(old|new)\b/.exec(this.#text.slice(end))?.[1]?.length,
    )
    const body = this.#text.slice(end + 4)
    const isChunked = /^transfer-encoding/im.test(head)
    if (isChunked ? !body.endsWith('0\r\n\r\n') : body.length < length) return
    this.#text = ''
    this.#isWaiting = false
    const set = this.#isBlocked ? blockedBy(head) : allowedBy(head, body)
    if (set === undefined) this.#fail(head + body)
    else this.seen[set]++
    if (this.#isStopping) this.#stopped()
    if (this.#isStopping || this.fault !== '') return
    // a refusal is quick: not more of them than of the others
    if (this.#isBlocked) setTimeout(() => this.#isStopping || this.#ask(), ANSWER_AFTER_MS / 10)
    else this.#ask()
  }

  #fail(fault: string): void {
    this.fault ||= fault
    this.#isWaiting = false
    this.#stopped()
  }
}

function blockedBy(head: string): keyof Seen | undefined {
  if (!head.startsWith('HTTP/1.1 403')) return undefined
  if (head.includes('details="t.rules:1"')) return 'old'
  return head.includes('details="t.rules:2"') ? 'new' : undefined
}

/** Request and answer were changed by one set: what it removes is gone, and what the other removes is there. */
function allowedBy(head: string, body: string): keyof Seen | undefined {
  if (!head.startsWith('HTTP/1.1 200')) return undefined
  const [hasOld, hasNew] = [/^x-old:/im.test(head), /^x-new:/im.test(head)]
  if (body.includes('old') && !hasOld && hasNew) return 'old'
  return body.includes('new') && hasOld && !hasNew ? 'new' : undefined
}

test(`${EXCHANGES} exchanges that go on while rules and configuration are read again end whole, each by one set`, async () => {
  const origin = await startOrigin()
  const place = newPlace()
  place.write('t.rules', RULES.old)
  const file = place.write('veilgate.yaml', config('old'))
  const veilgate = await place.start(['--config', file])
  const [, admin = ''] = /metrics and health on (\S+)/.exec(veilgate.output.stderr) ?? []
  const metric = async (name: string) =>
    Number(new RegExp(`^${name} (\\S+)`, 'm').exec(await (await fetch(`${admin}/metrics`)).text())?.[1])

  const clients = Array.from({ length: EXCHANGES }, (_, i) => {
    const isBlocked = i % 10 === 0
    const url = isBlocked ? 'http://blocked.test/' : `http://127.0.0.1:${origin.port}/`
    return new Client(veilgate.port, url, isBlocked)
  })
  const asking = EXCHANGES - EXCHANGES / 10
  const allAreHeld = () => waitFor(() => expect(origin.held).toBe(asking))
  await allAreHeld()

  // a file that is broken changes nothing and says so: log, metric, exit code
  place.write('t.rules', 'block [broken\n')
  const broken = await place.veilgate('reload')
  expect([broken.status, broken.stderr]).toEqual([2, expect.stringMatching(/^t\.rules:1:\d+: .*; /)])
  await veilgate.says('not reloaded, the old rules and configuration stay: t.rules:1:')
  expect(await metric('veilgate_config_last_reload_successful')).toBe(0)
  expect(clients.reduce((sum, { seen }) => sum + seen.new, 0)).toBe(0)

  place.write('t.rules', RULES.new)
  place.write('veilgate.yaml', config('new'))
  veilgate.signal('SIGHUP')
  await veilgate.says('reloaded: 1 rule')
  expect(await metric('veilgate_config_last_reload_successful')).toBe(1)
  // all of them began under the old set and end under it
  expect(origin.held).toBe(asking)
  origin.release(true)
  await allAreHeld()
  expect(clients.filter(({ seen }) => seen.old === 0).length).toBe(0)

  // and reload after reload while they come and go
  origin.release(false)
  for (const set of ['old', 'new', 'old', 'new'] as const) {
    place.write('t.rules', RULES[set])
    place.write('veilgate.yaml', config(set))
    expect((await place.veilgate('reload')).status).toBe(0)
  }
  await waitFor(() => expect(clients.every(({ seen, fault }) => seen.new > 0 || fault !== '')).toBe(true))
  await Promise.all(clients.map((client) => client.stop()))
  expect([...new Set(clients.map(({ fault }) => fault))]).toEqual([''])
  await waitFor(async () => expect(await metric('veilgate_connections_active')).toBe(0))
}, 180_000)
