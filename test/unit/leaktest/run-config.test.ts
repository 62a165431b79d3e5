import { expect, test } from 'vitest'
import { mergeSettings } from '../../../src/config/settings.js'
import { configForRun, onLoopback } from '../../../src/leaktest/run-config.js'

test('nothing outside of this machine is left, and of private addresses one is open', () => {
  const config = mergeSettings({
    listen: ['http://0.0.0.0:3128'],
    open: true,
    upstreams: { up: { hops: ['http://a:secret@p.example:1'], tor: false } },
    egress: { guard: { deny: ['127.0.0.1'] }, dns: { servers: ['192.0.2.1'] } },
  })
  const stage = { ports: [4001], nameServer: '127.0.0.1:53', doh: '', ca: '/ca.pem', urlOf: () => 'http://127.0.0.1:9' }
  const run = configForRun(config, stage)
  expect(JSON.stringify([run.upstreams, run.egress.dns, run.listen])).not.toMatch(
    /secret|p\.example|192\.0\.2|0\.0\.0\.0/,
  )
  expect(run.egress.guard).toEqual({ allow: ['127.0.0.1/32'], deny: [] })
  expect(onLoopback(config)).toMatchObject({ listen: ['http://127.0.0.1:0'], open: false })
})
