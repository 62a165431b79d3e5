import { expect, test } from 'vitest'
import { DEFAULT_CONFIG } from '../../../src/config/config.js'
import { mergeSettings } from '../../../src/config/settings.js'
import { createListFetcher } from '../../../src/subscriptions/list-fetcher.js'
import { subscriptionsOf } from '../../../src/subscriptions/subscription.js'
import { openEgress } from '../../helpers/list-egress.js'
import { startListServer } from '../../helpers/list-server.js'

test('fetches by what serves the clients at that time: dialer, ports, time-outs', async () => {
  const server = await startListServer()
  server.publish('/list', { body: 'ads.test\n' })
  server.publish('/silent', () => {})
  let isOpen = true
  let limits = DEFAULT_CONFIG.limits
  const fetchList = createListFetcher(() => ({
    policy: { isConnectPort: () => false, isHttpPort: () => isOpen },
    dial: openEgress().dial,
    config: { limits },
  }))
  const options = { validators: undefined, signal: new AbortController().signal }
  const listAt = (url: string) => {
    const [list] = subscriptionsOf(mergeSettings({ rules: { lists: { ads: { url } } } }))
    if (list === undefined) throw new Error('no list')
    return fetchList(list, options)
  }
  expect(await listAt(`${server.url}/list`)).toMatchObject({ kind: 'list' })
  await expect(listAt('https://127.0.0.1:444/')).rejects.toThrow('port 444 is not open')
  limits = { ...limits, responseTimeoutMs: 50 }
  await expect(listAt(`${server.url}/silent`)).rejects.toThrow('does not answer (waited 0.05 s)')
  isOpen = false
  await expect(listAt(`${server.url}/list`)).rejects.toThrow(`port ${server.port} is not open`)
})
