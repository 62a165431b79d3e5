import { expect, test } from 'vitest'
import { parseTargetStage } from '../../../src/pipeline/stages/parse-target.js'
import { generationFor, poolKeyOf, toDialRequest } from '../../../src/transport/dial-request.js'
import { createIdentities } from '../../../src/upstream/identities.js'
import { exchangeOf, policyOf } from '../../helpers/exchanges.js'

const IDENTITIES = createIdentities(Buffer.alloc(16))

function asked(text: string, ...policy: Parameters<typeof policyOf>) {
  const exchange = exchangeOf(text, policyOf(...policy))
  parseTargetStage(exchange)
  const { route } = exchange
  if (route === undefined) throw new Error(`${text} has no route`)
  const generation = generationFor(route, IDENTITIES)
  return { request: toDialRequest(exchange, route, generation), key: poolKeyOf(exchange, route, generation) }
}

test.each([
  ['GET http://a.test/', true],
  ['CONNECT a.test:443', false],
  ['GET http://a.test/\nHost: a.test\nConnection: Upgrade\nUpgrade: websocket', false],
])('%j may go to a parent in absolute-form: %s', (text, isPlainRequest) => {
  expect(asked(text).request).toMatchObject({ host: 'a.test', isPlainRequest, client: { ip: '127.0.0.1', user: null } })
})

test('rules about addresses are asked where there are some', () => {
  expect(asked('GET http://a.test/').request.admit).toBeUndefined()
  expect(asked('GET http://a.test/', ['block 192.0.2.0/24']).request.admit).toBeDefined()
})

test('kept connections are told apart by how they left, and by client where that decides it', () => {
  const upstreams = {
    up: { hops: ['http://p.test'], tor: false },
    stuck: { group: 'sticky', members: ['up'], by: 'client', lifetimeMs: 1 },
  } as const
  const key = (via: string) =>
    asked('GET http://a.test/', [], { upstreams, route: [{ match: ['*'], via, anonymous: false }] }).key
  expect([asked('GET http://a.test/').key, key('direct'), key('up'), key('stuck')]).toEqual([
    'a.test:80',
    'a.test:80',
    'a.test:80 up',
    'a.test:80 stuck 127.0.0.1',
  ])
})

test('kept connections of one identity serve no other, nor the one that comes after it', () => {
  const isolated = (isolate: 'site' | 'client' | 'user' | 'site+client') => ({
    upstreams: { up: { hops: ['socks5h://p.test'], tor: false, isolate } },
    route: [{ match: ['*'], via: 'up', anonymous: false }],
  })
  const key = (text: string, isolate: Parameters<typeof isolated>[0]) => {
    const { key, request } = asked(text, [], isolated(isolate))
    // what is dialled for it has the same one
    expect(key).toMatch(new RegExp(` #${request.generation}$`))
    return key
  }
  const [site, client, user, both] = (['site', 'client', 'user', 'site+client'] as const).map((isolate) =>
    key('GET http://www.a.test/', isolate),
  )
  expect([site, client, user, both]).toEqual(['www.a.test:80 up #0', ...Array(3).fill('www.a.test:80 up 127.0.0.1 #0')])
  IDENTITIES.renew('a.test')
  expect(key('GET http://www.a.test/', 'site')).not.toBe(site)
  expect(key('GET http://b.test/', 'site')).toMatch(/ #0$/)
})
