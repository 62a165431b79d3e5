import { createProxy, type ProxyOptions } from '../../src/app.js'
import type { AccessRecord } from '../../src/channels.js'
import { compileRules } from '../../src/compile-rules.js'
import { ANY_PORT } from '../../src/config/config.js'
import { TEST_ENGINE } from './engines.js'

export type OpenProxy = {
  /** `http://127.0.0.1:41234` */
  readonly url: string
  readonly host: string
  readonly port: number
  readonly proxy: ReturnType<typeof createProxy>
  /** Of the exchanges that have ended. */
  readonly records: readonly AccessRecord[]
  close(): Promise<void>
}

/**
 * A listening proxy with every address and port open, as tests on loopback need it.
 *
 * @param rules text of a rule file
 * @param options what differs, `egress` included
 */
export async function startOpenProxy(rules = '', options: ProxyOptions = {}): Promise<OpenProxy> {
  const proxy = createProxy({
    listen: ['http://127.0.0.1:0'],
    engine: TEST_ENGINE,
    ruleSet: compileRules(rules === '' ? [] : [{ name: 'test.rules', text: rules }]),
    ...options,
    egress: { guard: { allow: ['0.0.0.0/0', '::/0'] }, connectPorts: ANY_PORT, httpPorts: ANY_PORT, ...options.egress },
  })
  const records: AccessRecord[] = []
  proxy.on('exchange', (record) => records.push(record))
  await proxy.listen()
  const { hostname, port } = new URL(proxy.address)
  return {
    url: proxy.address,
    host: hostname,
    port: Number(port),
    proxy,
    records,
    async close() {
      await proxy.close({ drainMs: 0 })
    },
  }
}
