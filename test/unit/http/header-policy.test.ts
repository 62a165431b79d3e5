import { describe, expect, test } from 'vitest'
import { compileHeaderPolicies, type HeaderOptions } from '../../../src/http/header-policy.js'
import { forwardRequest, forwardResponse } from '../../helpers/forward-head.js'

const PROFILES = ['off', 'standard', 'strict', 'paranoid'] as const
const request = (...fields: string[]) =>
  ['GET http://o.test/ HTTP/1.1', 'Host: o.test', ...fields].map((line) => `${line}\r\n`).join('')
const lines = (options: Partial<HeaderOptions>, ...fields: string[]) =>
  forwardRequest(request(...fields), options).lines.slice(1)
const response = (options: Parameters<typeof forwardResponse>[1], ...fields: string[]) =>
  forwardResponse(['HTTP/1.1 200 OK', ...fields].map((line) => `${line}\r\n`).join(''), options).lines

describe('a profile', () => {
  test('off takes out only what belongs to the connection and to proxies', () => {
    expect(lines({ profile: 'off' }, 'Via: x', 'From: y', 'Proxy-Anything: z', 'Keep-Alive: 1')).toEqual([
      'Via: x',
      'From: y',
    ])
  })

  test('strict disguises the browser, its hints and its languages together', () => {
    const sent = ['sec-ch-ua: "Chromium"', 'Sec-CH-UA-Mobile: ?0', 'user-agent: Chrome on Windows', 'DNT: 1']
    expect(lines({ profile: 'strict' }, ...sent, 'ACCEPT-Language:  de-CH', 'Sec-CH-New: 1', 'Accept: */*')).toEqual([
      'user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0',
      'ACCEPT-Language:  en-US,en;q=0.5',
      'Accept: */*',
    ])
  })

  test('paranoid lets through what is on its list and nothing else', () => {
    const allowed = ['Accept: */*', 'accept-encoding: gzip', 'Authorization: Basic eDp5', 'Cache-Control: no-cache']
    const more = ['Content-Type: a/b', 'Content-Anything: 1', 'Date: x', 'If-None-Match: "a"', 'If-Range: x']
    const framing = ['Pragma: no-cache', 'Range: bytes=0-1', 'Expect: 100-continue', 'Trailer: A', 'Content-Length: 3']
    const sent = [...allowed, ...more, ...framing]
    const others = [
      'Cookie: a',
      'User-Agent: b',
      'X-Mine: c',
      'Origin: http://o.test',
      'Referer: http://o.test/',
      'X: y',
    ]
    expect(forwardRequest(request(...others, ...sent), { profile: 'paranoid' })).toMatchObject({
      lines: ['Host: o.test', ...sent],
      removed: ['Cookie', 'User-Agent', 'X-Mine', 'Origin', 'Referer', 'X'],
    })
  })

  test('paranoid says the same languages for all, and lets a WebSocket be asked for', () => {
    expect(
      lines(
        { profile: 'paranoid' },
        'Accept-Language: de',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Key: k',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Protocol: chat',
        'Sec-WebSocket-Foo: 1',
        'Origin: http://o.test',
      ),
    ).toEqual([
      'Accept-Language: en-US,en;q=0.5',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: k',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: chat',
      'Connection: Upgrade',
    ])
  })

  test.each(['strict', 'paranoid'] as const)('%s keeps a login and validators from third parties only', (profile) => {
    const own = ['Sec-Fetch-Site: same-site', 'Authorization: Bearer t', 'If-None-Match: "a"', 'If-Modified-Since: x']
    expect(lines({ profile, keep: ['sec-fetch-site'] }, ...own)).toEqual(own)
    expect(lines({ profile }, 'Sec-Fetch-Site: cross-site', ...own.slice(1), 'If-Match: "a"')).toEqual(
      profile === 'strict' ? ['Sec-Fetch-Site: cross-site', 'If-Match: "a"'] : ['If-Match: "a"'],
    )
  })

  test('strict sends cookies to the site of the page and to no other', () => {
    expect(lines({ profile: 'strict' }, 'Referer: http://www.o.test/', 'Cookie: a=b')).toContain('Cookie: a=b')
    expect(lines({ profile: 'strict' }, 'Referer: http://b.test/', 'Cookie: a=b')).toEqual(['Referer: http://b.test/'])
    expect(lines({ profile: 'standard' }, 'Referer: http://b.test/', 'Cookie: a=b')).toContain('Cookie: a=b')
  })

  test.each([
    ['off', ['ETag: "a"', 'Set-Cookie: b', 'NEL: {}', 'Expect-CT: c', 'Server: d']],
    ['standard', ['ETag: "a"', 'Set-Cookie: b', 'Expect-CT: c', 'Server: d']],
    ['strict', ['Server: d']],
    ['paranoid', ['Server: d']],
  ] as const)('%s leaves of the response of a third party: %j', (profile, expected) => {
    const sent = ['ETag: "a"', 'Set-Cookie: b', 'NEL: {}', 'Expect-CT: c', 'Server: d']
    expect(response({ profile, isThirdParty: true }, ...sent)).toEqual(expected)
  })

  test('strict leaves cookies and validators in responses of the site itself', () => {
    const sent = [
      'ETag: "a"',
      'Set-Cookie: b',
      'Content-Security-Policy-Report-Only: c',
      'Attribution-Reporting-Register-Source: d',
    ]
    expect(response({ profile: 'strict' }, ...sent)).toEqual(['ETag: "a"', 'Set-Cookie: b'])
  })

  test('only off leaves Referer and X-Requested-With alone', () => {
    const sent = ['Referer: http://b.test/secret', 'X-Requested-With: com.app', 'X-Requested-With: XMLHttpRequest']
    expect(lines({ profile: 'off' }, ...sent)).toEqual(sent)
    expect(lines({ profile: 'standard' }, ...sent)).toEqual(['Referer: http://b.test/', sent[2]])
    expect(lines({ profile: 'strict' }, ...sent)).toEqual(['Referer: http://b.test/', sent[2]])
    expect(lines({ profile: 'paranoid' }, ...sent)).toEqual([])
  })
})

describe('changes', () => {
  test('remove acts in every profile, on requests and responses, in any case and by prefix', () => {
    for (const profile of PROFILES) {
      expect(lines({ profile, remove: ['ACCEPT', 'content-*'] }, 'accept: 1', 'Content-B: 2', 'range: 3')).toEqual([
        'range: 3',
      ])
      expect(response({ profile, remove: ['etag'] }, 'ETag: "a"', 'Server: b')).toEqual(['Server: b'])
    }
  })

  test('keep spares a name from the profile, also from a prefix and from special treatment', () => {
    const keep = ['VIA', 'x-amobee-1', 'Referer', 'X-Requested-With']
    const fields = ['Via: x', 'X-Amobee-1: y', 'Referer: http://b.test/secret', 'X-Requested-With: com.app']
    for (const profile of PROFILES) expect(lines({ profile, keep }, ...fields)).toEqual(fields)
    expect(lines({ keep }, 'X-Amobee-2: z')).toEqual([])
  })

  test('keep adds to the list of paranoid, by prefix too', () => {
    expect(
      lines({ profile: 'paranoid', keep: ['x-mine', 'y-*', 'Cookie'] }, 'X-Mine: 1', 'Y-A: 2', 'Z: 3', 'Cookie: 4'),
    ).toEqual(['X-Mine: 1', 'Y-A: 2', 'Cookie: 4'])
  })

  test('the longer of keep and remove counts, and remove where they are equal', () => {
    const options = { keep: ['x-a', 'x-b-*', 'x-same'], remove: ['x-*', 'x-b-gone', 'x-same'] }
    expect(lines(options, 'X-A: 1', 'X-B-C: 2', 'X-B-Gone: 3', 'X-Same: 4', 'X-Other: 5')).toEqual([
      'X-A: 1',
      'X-B-C: 2',
    ])
  })

  test('everything may be removed by one star, but for what routes and frames', () => {
    expect(lines({ profile: 'off', remove: ['*'] }, 'A: 1', 'Accept: 2', 'Content-Length: 3')).toEqual([
      'Content-Length: 3',
    ])
  })

  test('set replaces every field of the name, or adds one, and leaves responses alone', () => {
    for (const profile of PROFILES) {
      expect(lines({ profile, set: { 'X-A': 'new' } }, 'x-a: 1', 'Range: 2', 'X-a: 3')).toEqual([
        'Range: 2',
        'X-A: new',
      ])
      expect(response({ profile, set: { 'X-A': 'new' } }, 'X-A: 1')).toEqual(['X-A: 1'])
    }
  })

  test('hints that say again what User-Agent says go where that does not go as it came', () => {
    const sent = ['User-Agent: a', 'Sec-CH-UA: b', 'Sec-CH-UA-Mobile: c']
    expect(lines({ profile: 'standard' }, ...sent)).toEqual(sent)
    expect(lines({ profile: 'off', set: { 'User-Agent': 'x' } }, ...sent)).toEqual(['User-Agent: x'])
    expect(lines({ profile: 'standard', remove: ['User-Agent'] }, ...sent)).toEqual([])
    expect(lines({ profile: 'strict', keep: ['Sec-CH-UA'] }, ...sent)).toHaveLength(1)
    expect(lines({ profile: 'strict', keep: ['Sec-CH-UA', 'User-Agent'] }, ...sent)).toEqual(sent.slice(0, 2))
  })

  test('nothing takes away or adds what frames and routes a message', () => {
    const options = { remove: ['host', 'Content-Length'], set: { Host: 'evil.test', 'Transfer-Encoding': 'chunked' } }
    for (const profile of PROFILES) {
      expect(forwardRequest(request('Content-Length: 3'), { profile, ...options }).lines).toEqual([
        'Host: o.test',
        'Content-Length: 3',
      ])
    }
  })
})

describe('an entry for some hosts', () => {
  const top = { keep: ['Via'], remove: ['X-Gone'], set: { 'X-Set': 'top', 'X-Both': 'top' } }
  const entry = (one: NonNullable<HeaderOptions['perHost']>[number], ...fields: string[]) => {
    const [policy] = compileHeaderPolicies({ profile: 'standard', ...top, perHost: [one] }).perHost
    if (policy === undefined) throw new Error('no policy')
    return forwardRequest(request(...fields), {}, 'o.test', '/p', policy).lines.slice(1)
  }

  test('leaves out nothing that the rest says', () => {
    expect(entry({}, 'Via: 1', 'X-Gone: 2', 'From: 3')).toEqual(['Via: 1', 'X-Set: top', 'X-Both: top'])
  })

  test('has a profile of its own', () => {
    expect(entry({ profile: 'off' }, 'From: 3', 'X-Gone: 2')).toEqual(['From: 3', 'X-Set: top', 'X-Both: top'])
    expect(entry({ profile: 'paranoid' }, 'Via: 1', 'X-A: 2')).toEqual(['Via: 1', 'X-Set: top', 'X-Both: top'])
  })

  test('beats the rest where it speaks of the same field', () => {
    const one = { keep: ['X-Gone', 'X-Set'], remove: ['Via'], set: { 'x-both': 'own', 'X-New': 'own' } }
    expect(entry(one, 'Via: 1', 'X-Gone: 2', 'X-Set: sent', 'X-Both: sent')).toEqual([
      'X-Gone: 2',
      'X-Set: sent',
      'x-both: own',
      'X-New: own',
    ])
    expect(entry({ remove: ['x-*'] }, 'X-Set: sent')).toEqual([])
  })

  test('shares the table with all others, so that a head is read before its host is known', () => {
    const { base, perHost } = compileHeaderPolicies({ profile: 'off', perHost: [{ remove: ['X-One'] }, {}] })
    for (const { request: own, response: back } of perHost) {
      expect(own.table).toBe(base.request.table)
      expect(back.table).toBe(base.request.table)
    }
    expect(base.request.table.names).toContain('x-one')
  })
})

test('a policy says whether third parties and tracking parameters matter', () => {
  const flags = PROFILES.map((profile) => compileHeaderPolicies({ profile, perHost: [] }).base)
  expect(flags.map(({ profile }) => profile)).toEqual(PROFILES)
  expect(flags.map(({ asksThirdParty }) => asksThirdParty)).toEqual([false, false, true, true])
  expect(flags.map(({ cutsTracking }) => cutsTracking)).toEqual([false, false, true, true])
})
