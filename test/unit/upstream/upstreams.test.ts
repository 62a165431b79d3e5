import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createCounts } from '../../../src/counts.js'
import { ProxyError } from '../../../src/errors.js'
import { compileRouting } from '../../../src/pipeline/routing.js'
import type { UpstreamSettings } from '../../../src/policy/upstream-settings.js'
import type { Dial, DialRequest } from '../../../src/upstream/dial.js'
import { createIdentities } from '../../../src/upstream/identities.js'
import { socketWire } from '../../../src/upstream/socket-wire.js'
import { createUpstreamStates } from '../../../src/upstream/upstream-states.js'
import { createEgressDial, createIsolatedDial, createUpstreams } from '../../../src/upstream/upstreams.js'
import type { Wire } from '../../../src/upstream/wire.js'
import { recordingResolver } from '../../helpers/upstream-dials.js'

const NAME: DialRequest = { host: 'a.test', port: 443, family: 0 }

function upstreamsOf(
  upstreams: Readonly<Record<string, UpstreamSettings>>,
  states = createUpstreamStates(() => {}),
  wire: Wire<Socket> = socketWire,
) {
  const places: string[] = []
  const connect: Dial = ({ host }, done) => {
    places.push(host)
    done(new ProxyError('VG_ORIGIN_REFUSED'), null, { ip: null, cnames: [], dnsMs: null, connectMs: null })
    return () => {}
  }
  const built = createUpstreams({
    upstreams,
    states,
    counts: createCounts(),
    authorities: new Map(),
    sources: { chance: () => 0, wallClock: () => 0, secret: Buffer.alloc(1) },
    identities: createIdentities(Buffer.alloc(1)),
    connect,
    wire,
    resolver: recordingResolver(),
    judge: (_request, addresses) => addresses,
    connectTimeoutMs: 1_000,
    now: () => 0,
  })
  return { ...built, places }
}

const proxy = (host: string): UpstreamSettings => ({ hops: [`http://${host}`], tor: false })
const group = (...members: string[]): UpstreamSettings => ({ group: 'first', members, by: 'client', lifetimeMs: 1 })

describe('createUpstreams', () => {
  test('a group tries its members, also those of its members, each once', () => {
    const { dialOf, places, members } = upstreamsOf({
      out: group('in', 'a', 'c'),
      in: group('b', 'a'),
      a: proxy('a.example'),
      b: proxy('b.example'),
      c: proxy('c.example'),
    })
    dialOf('out')?.(NAME, () => {})
    expect(places).toEqual(['b.example', 'a.example', 'c.example'])
    expect(members.map(([{ state }]) => state.name)).toEqual(['b', 'a', 'c'])
    expect(dialOf('nobody')).toBeUndefined()
  })

  test('a wire without TLS reaches nothing that may lead through an https hop', () => {
    const { secure: _, ...bare } = socketWire
    const { dialOf } = upstreamsOf(
      {
        plain: proxy('a.example'),
        tls: { hops: ['socks5://b.example', 'HTTPS://c.example'], tor: false },
        group: group('plain'),
        mixed: group('plain', 'tls'),
      },
      undefined,
      bare,
    )
    const reached = ['plain', 'tls', 'group', 'mixed'].filter((name) => dialOf(name) !== undefined)
    expect(reached).toEqual(['plain', 'group'])
  })

  test('what was learned of an upstream holds for the next ones built', () => {
    const states = createUpstreamStates(() => {})
    const first = upstreamsOf({ a: proxy('a.example') }, states)
    first.dialOf('a')?.(NAME, () => {})
    const second = upstreamsOf({ a: proxy('a.example') }, states)
    expect(second.members[0]?.[0].state.health.status).toBe('down')
  })
})

describe('createEgressDial', () => {
  const via =
    (name: string): Dial =>
    (request, done) => {
      done(null, { via: name, host: request.host } as never, { ip: null, cnames: [], dnsMs: null, connectMs: null })
      return () => {}
    }
  const routing = compileRouting({
    upstreams: { up: proxy('p.test') },
    route: [
      { match: ['.direct.test'], via: 'direct', anonymous: false },
      { match: ['*.test', '*.onion'], via: 'up', anonymous: false },
    ],
  })
  const dialed = (request: DialRequest, known: readonly string[] = ['up']) => {
    let outcome: unknown
    const dialOf = (name: string) => (known.includes(name) ? via(name) : undefined)
    createEgressDial(
      routing,
      via('direct'),
      { dialOf },
      createIdentities(Buffer.alloc(1)),
    )(request, (error, socket) => {
      outcome = error?.code ?? (socket as unknown as { via: string }).via
    })
    return outcome
  }

  test('goes by the route of the host where nobody asked before', () => {
    expect([dialed(NAME), dialed({ ...NAME, host: 'direct.test' }), dialed({ ...NAME, host: 'a.example' })]).toEqual([
      'up',
      'direct',
      'VG_NO_ROUTE',
    ])
  })

  test('.onion goes into Tor alone where nobody asked before', () => {
    const onion = { ...NAME, host: 'x.onion' }
    expect([dialed(onion), dialed({ ...onion, host: 'onion.test' })]).toEqual(['VG_ONION_UNREACHABLE', 'up'])
  })

  test('goes by the route that was decided', () => {
    const egress = routing.find({ host: 'direct.test', port: 443, family: 0 })
    expect(dialed({ ...NAME, egress })).toBe('direct')
  })

  test('an upstream that is not there fails, and does not go direct', () => {
    expect(dialed(NAME, [])).toBe('VG_NO_ROUTE')
  })
})

describe('identities on the way out', () => {
  const UP: UpstreamSettings = { hops: ['socks5h://p.test'], tor: false, isolate: 'site' }
  const routing = compileRouting({
    upstreams: { up: UP, plain: proxy('q.test') },
    route: [
      { match: ['*.direct.test'], via: 'direct', anonymous: false, isolate: 'site' },
      { match: ['*.plain.test'], via: 'plain', anonymous: false },
      { match: ['*'], via: 'up', anonymous: false },
    ],
  })

  /** What a dial below hears of a request for a host. */
  function heard(host: string, identities = createIdentities(Buffer.alloc(16))): DialRequest {
    let request: DialRequest | undefined
    const below: Dial = (asked) => {
      request = asked
      return () => {}
    }
    createEgressDial(
      routing,
      createIsolatedDial(below, identities),
      { dialOf: () => below },
      identities,
    )({ host, port: 443, family: 0 }, () => {})
    if (request === undefined) throw new Error('nothing was dialled')
    return request
  }

  test('an isolated route is dialled by the generation in force, another one by none', () => {
    const identities = createIdentities(Buffer.alloc(16))
    identities.renew('a.test')
    expect([heard('www.a.test', identities), heard('b.test', identities), heard('x.plain.test', identities)]).toEqual([
      expect.objectContaining({ generation: 1 }),
      expect.objectContaining({ generation: 0 }),
      expect.not.objectContaining({ generation: expect.anything() }),
    ])
  })

  test('a direct route that isolates leads the same site to the same address of ours', () => {
    const identities = createIdentities(Buffer.alloc(16))
    const one = heard('a.direct.test', identities).egressIndex
    expect(one).toBeTypeOf('bigint')
    expect(heard('b.direct.test', identities).egressIndex).toBe(one)
    identities.renew('other.test')
    expect(heard('a.direct.test', identities).egressIndex).toBe(one)
    identities.renew('direct.test')
    expect(heard('a.direct.test', identities).egressIndex).not.toBe(one)
    expect(heard('a.test', identities).egressIndex).toBeUndefined()
  })
})
