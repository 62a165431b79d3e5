import { describe, expect, test } from 'vitest'
import { redactSecrets } from '../../../src/observe/redact.js'
import { type Hop, hasCredentials, hopPlace, isHttpHop, parseHop, resolvesRemotely } from '../../../src/policy/hop.js'
import { showUrls } from '../../../src/upstream/chain-adapter.js'

function hop(url: string): Hop {
  const parsed = parseHop(url)
  if ('message' in parsed) throw new Error(parsed.message)
  return parsed
}

describe('parseHop', () => {
  test.each([
    ['http://proxy.test:3128', { scheme: 'http', host: 'proxy.test', port: 3128, family: 0 }],
    ['http://proxy.test', { port: 80 }],
    ['https://proxy.test', { port: 443 }],
    ['socks4://192.0.2.1', { scheme: 'socks4', host: '192.0.2.1', port: 1080, family: 4 }],
    ['socks4a://a.test', { scheme: 'socks4a', port: 1080 }],
    ['socks5://[2001:DB8::1]:1', { host: '2001:db8::1', port: 1, family: 6 }],
    ['SOCKS5H://Bücher.Test./', { scheme: 'socks5h', host: 'xn--bcher-kva.test' }],
    ['http://me:secret@a.test', { username: 'me', password: 'secret', host: 'a.test' }],
    ['http://me%40x:p%3Aw%2Fd%25@a.test', { username: 'me@x', password: 'p:w/d%' }],
    ['http://me:a:b@a.test', { username: 'me', password: 'a:b' }],
    ['http://me:p@w@a.test', { username: 'me', password: 'p@w' }],
    ['socks4://ident@a.test', { username: 'ident', password: '' }],
    ['socks5h://%3CtorS0X%3E0:hunter2@a.test', { username: '<torS0X>0', password: 'hunter2' }],
    ['http://token@a.test', { username: 'token', password: '' }],
  ])('%s is read', (url, expected) => {
    expect(parseHop(url)).toMatchObject(expected)
  })

  test('what to write instead holds nothing that would be masked', () => {
    const { fix } = parseHop('127.0.0.1:9050') as { fix: string }
    expect([redactSecrets(fix), showUrls(fix)]).toEqual([fix, fix])
  })

  test.each([
    ['', 'not a URL of an upstream'],
    ['127.0.0.1:9050', 'not a URL of an upstream'],
    ['ftp://a.test', 'upstreams do not speak ftp'],
    ['socks://a.test', 'upstreams do not speak socks'],
    ['http://', 'host or port'],
    ['http://a.test:0', 'host or port'],
    ['http://a.test:70000', 'host or port'],
    ['http://a.test/path', 'host or port'],
    ['http://a..b', 'host or port'],
    ['http://%zz:hunter2@a.test', 'not percent-encoded'],
    ['socks5h://%3CtorS0X%3Eme:hunter2@a.test', 'Tor keeps user names that begin with <torS0X>'],
    ['socks4://me:hunter2@a.test', 'knows a user and no password'],
    ['http://m%3Ae:hunter2@a.test', 'holds no colon'],
    ['http://me:hunter2%0d%0a@a.test', 'control characters'],
    [`socks5h://me:${'hunter2'.repeat(40)}@a.test`, 'longer than 255 octets'],
  ])('%s is refused, without repeating what may be a password', (url, why) => {
    const fault = parseHop(url)
    expect(fault).toMatchObject({ message: expect.stringContaining(why), fix: expect.stringMatching(/./) })
    expect(JSON.stringify(fault)).not.toContain('hunter2')
  })
})

test('who looks names up', () => {
  const here = ['http', 'https', 'socks4', 'socks4a', 'socks5', 'socks5h'].filter(
    (scheme) => !resolvesRemotely(hop(`${scheme}://a.test`)),
  )
  expect(here).toEqual(['socks4', 'socks5'])
})

test('which speak HTTP, and which have credentials', () => {
  expect(['http', 'https', 'socks5'].map((scheme) => isHttpHop(hop(`${scheme}://a.test`)))).toEqual([true, true, false])
  expect(['', 'me@', ':p@'].map((userinfo) => hasCredentials(hop(`http://${userinfo}a.test`)))).toEqual([
    false,
    true,
    true,
  ])
})

test('a place is written as in a request target', () => {
  expect(['http://a.test:1', 'http://192.0.2.1:2', 'http://[::1]:3'].map((url) => hopPlace(hop(url)))).toEqual([
    'a.test:1',
    '192.0.2.1:2',
    '[::1]:3',
  ])
})
