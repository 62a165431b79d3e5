import { expect, test } from 'vitest'
import { mergeSettings } from '../../../src/config/settings.js'
import { promisesOf, waysOf, wayTo } from '../../../src/leaktest/ways.js'

const config = mergeSettings({
  upstreams: {
    near: { hops: ['socks5://a.example:1'], tor: false },
    far: { hops: ['socks5h://b.example:1'], tor: false },
  },
  route: [
    { match: ['.corp.example'], via: 'near', anonymous: false },
    { match: ['*'], via: 'far', anonymous: false },
    { match: ['late.example'], via: 'direct', anonymous: false },
  ],
  headers: { perHost: [{ match: ['.corp.example'], profile: 'off' }] },
})

test('each route is asked for a host that takes it, and one that none takes for nothing', () => {
  const [corp, rest, late] = waysOf(config)
  expect(corp?.host).toMatch(/\.corp\.example$/)
  expect(rest?.host).toBe('www.leaktest-site.example')
  expect(late?.host).toBeUndefined()
  expect(wayTo(config, 'late.example', 80)?.route).toBe(2)
})

test('promises are those of the host and of the last hop', () => {
  const [corp, rest] = waysOf(config)
  if (corp === undefined || rest === undefined) throw new Error('no ways')
  expect(promisesOf(config, corp, corp.host ?? '', 80)).toMatchObject({ profile: 'off', asksNobody: false })
  expect(promisesOf(config, rest, rest.host ?? '', 80)).toMatchObject({
    profile: 'standard',
    asksNobody: true,
    hidesAddress: true,
  })
})
