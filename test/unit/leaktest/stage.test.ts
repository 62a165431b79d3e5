import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mergeSettings, type Settings } from '../../../src/config/settings.js'
import { openOutside } from '../../../src/leaktest/stage.js'
import { isGroup } from '../../../src/policy/upstream-settings.js'
import { connectRaw } from '../../helpers/raw-peer.js'

const SETTINGS: Settings = {
  upstreams: {
    up: { hops: ['http://me:secret@a.example:1', 'socks5h://b.example:1'], tor: false },
    out: { group: 'first', members: ['up'], by: 'client', lifetimeMs: 1 },
  },
  route: [{ match: ['*'], via: 'out', anonymous: false }],
}

test('every hop is played, by a login of this run, and leads to what is played alone', async () => {
  const outside = await openOutside(mergeSettings(SETTINGS))
  const up = outside.config.upstreams.up
  if (up === undefined || isGroup(up)) throw new Error('no upstream')
  const [first = '', second = ''] = up.hops.map((url) => new URL(url))
  expect(outside.logins).toEqual([{ upstream: 'up', hop: 0, texts: expect.any(Array) }])
  expect(JSON.stringify(outside.config)).not.toContain('secret')

  const ports = [outside.http.port, outside.https.port, Number((second as URL).port)]
  for (const [port, status] of [...ports.map((port) => [port, 200] as const), [9, 502] as const]) {
    const client = await connectRaw(Number((first as URL).port))
    await client.write(`CONNECT somewhere.example:${port} HTTP/1.1\r\n\r\n`)
    expect((await client.readHead()).status).toBe(status)
    const target = 'somewhere.example'
    expect(outside.sights()).toContainEqual(expect.objectContaining({ upstream: 'up', hop: 0, target }))
    outside.forget()
    client.reset()
  }
  await outside.close()
})

test('nothing is left when it closes: no file, no listener, no connection', async () => {
  const outside = await openOutside(
    mergeSettings({
      ...SETTINGS,
      egress: { dns: { mode: 'doh', doh: { url: 'https://dns.example/q', bootstrap: ['192.0.2.1'] } } },
    }),
  )
  const { ca } = outside.config.egress.dns.doh
  const ports = [outside.http.port, outside.https.port, Number(outside.doh?.address.split(':')[1])]
  const waiting = await connectRaw(outside.http.port)
  expect(existsSync(ca ?? '')).toBe(true)
  await outside.close()
  await waiting.closed()
  expect(existsSync(ca ?? '')).toBe(false)
  for (const port of ports) await expect(connectRaw(port)).rejects.toThrow('ECONNREFUSED')
})
