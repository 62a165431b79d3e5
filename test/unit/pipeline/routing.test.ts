import { describe, expect, test } from 'vitest'
import { parseAuthority } from '../../../src/http/authority.js'
import { compileRouting } from '../../../src/pipeline/routing.js'
import type { UpstreamSettings } from '../../../src/policy/upstream-settings.js'

const UPSTREAMS: Readonly<Record<string, UpstreamSettings>> = {
  tor: { hops: ['socks5h://127.0.0.1:9050'], tor: true },
  here: { hops: ['http://a.test', 'socks5://b.test'], tor: false },
  mixed: { group: 'first', members: ['tor', 'here'], by: 'client', lifetimeMs: 1 },
  sticky: { group: 'sticky', members: ['tor'], by: 'client', lifetimeMs: 1 },
  around: { group: 'first', members: ['sticky'], by: 'client', lifetimeMs: 1 },
  isolated: { hops: ['socks5h://127.0.0.1:9050'], tor: true, isolate: 'site' },
  perClient: { hops: ['socks5h://127.0.0.1:9050'], tor: true, isolate: 'user' },
  apart: { group: 'first', members: ['isolated', 'perClient'], by: 'client', lifetimeMs: 1 },
  bySite: { group: 'sticky', members: ['tor'], by: 'site', lifetimeMs: 1 },
}

function find(route: readonly (readonly [match: string, via: string, anonymous?: boolean])[], target: string) {
  const authority = parseAuthority(target, 443)
  if (authority === undefined) throw new Error(target)
  return compileRouting({
    upstreams: UPSTREAMS,
    route: route.map(([match, via, anonymous = false]) => ({ match: [match], via, anonymous })),
  }).find(authority)
}

describe('compileRouting', () => {
  test('without routes all goes direct', () => {
    expect(find([], 'a.test')).toMatchObject({ via: 'direct', isDirect: true, index: -1, resolvesHere: true })
  })

  test('with routes only what one says so of', () => {
    const route = [
      ['*.onion', 'tor', true],
      ['.a.test', 'direct'],
    ] as const
    expect(find(route, 'x.onion')).toMatchObject({ via: 'tor', anonymous: true, index: 0, isDirect: false })
    expect(find(route, 'a.test')).toMatchObject({ via: 'direct', isDirect: true, index: 1 })
    expect(find(route, 'b.test')).toBeUndefined()
  })

  test.each([
    ['tor', { isTor: true, resolvesHere: false, isPerClient: false }],
    ['here', { isTor: false, resolvesHere: true, isPerClient: false }],
    ['mixed', { isTor: false, resolvesHere: false, isPerClient: false }],
    ['sticky', { isTor: true, isPerClient: true }],
    ['around', { isPerClient: true }],
    ['bySite', { isPerClient: false, isolate: undefined }],
    ['isolated', { isPerClient: false, isolate: 'site' }],
    ['perClient', { isPerClient: true, isolate: 'user' }],
    ['apart', { isPerClient: true, isolate: 'site' }],
  ])('%s is %j', (via, expected) => {
    expect(find([['*', via]], 'a.test')).toMatchObject(expected)
  })

  test('a pattern that is none is a fault of the caller', () => {
    expect(() => find([['http://a/b', 'tor']], 'a.test')).toThrow(TypeError)
  })
})
