import { onTestFinished } from 'vitest'
import { createProxy, type ProxyOptions } from '../../src/app.js'
import type { AccessRecord } from '../../src/channels.js'
import { compileRules } from '../../src/compile-rules.js'
import { type Counts, createCounts } from '../../src/counts.js'
import { TEST_ENGINE } from './engines.js'
import { connectRaw, eventually, type RawPeer } from './raw-peer.js'

export type TestProxy = {
  readonly proxy: ReturnType<typeof createProxy>
  readonly port: number
  /** Every exchange that has ended, in order. */
  readonly records: readonly AccessRecord[]
  /** What the proxy reported of itself. */
  readonly messages: readonly string[]
  readonly counts: Counts
  /** A new connection to the proxy, closed when the test ends. */
  connect(): Promise<RawPeer>
  /** The record with this index, once it is there. */
  record(index: number): Promise<AccessRecord>
}

export type TestProxyOptions = ProxyOptions & {
  /** Rules, a line each. */
  readonly lines?: readonly string[]
}

/** The rules of a test, as the source `t.rules`. */
export function rulesOf(lines: readonly string[]) {
  return compileRules(lines.length === 0 ? [] : [{ name: 't.rules', text: lines.join('\n') }])
}

/** Everything open on loopback: what most tests need. */
export function openOptions({ lines = [], ...options }: TestProxyOptions = {}): ProxyOptions {
  return {
    listen: ['http://127.0.0.1:0'],
    engine: TEST_ENGINE,
    ruleSet: rulesOf(lines),
    ...options,
    egress: {
      guard: { allow: ['127.0.0.0/8'] },
      connectPorts: [[1, 65_535]],
      httpPorts: [[1, 65_535]],
      ...options.egress,
    },
  }
}

/** A proxy in this process on a free port of 127.0.0.1, stopped when the test ends. */
export async function startTestProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
  const messages: string[] = []
  const say = (message: string) => messages.push(message)
  const logger = { error: say, warn: say, info: say, debug: say }
  const counts = createCounts()
  const proxy = createProxy({ logger, counts, ...openOptions(options) })
  const records: AccessRecord[] = []
  proxy.on('exchange', (record) => records.push(record))
  await proxy.listen()
  const port = Number(new URL(proxy.address).port)
  const clients: RawPeer[] = []
  onTestFinished(async () => {
    for (const client of clients) client.close()
    await proxy.close({ drainMs: 0 })
  })

  return {
    proxy,
    port,
    records,
    messages,
    counts,
    async connect() {
      const client = await connectRaw(port)
      clients.push(client)
      return client
    },
    async record(index) {
      await eventually(() => records.length > index)
      const record = records[index]
      if (record === undefined) throw new Error(`no record ${index}`)
      return record
    },
  }
}
