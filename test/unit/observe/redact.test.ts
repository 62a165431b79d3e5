import { describe, expect, test } from 'vitest'
import { redactSecrets, strippedUrl, withoutQuery } from '../../../src/observe/redact.js'

describe('redaction', () => {
  test.each([
    ['upstream http://user:hunter2@proxy.test:8080 failed', 'upstream http://***@proxy.test:8080 failed'],
    ['socks5h://u:p/w@h.test', 'socks5h://***@h.test'],
    ['http://u:p@ss@h.test/', 'http://***@h.test/'],
    ['list https://h.test/l.txt?token=hunter2 is empty', 'list https://h.test/l.txt?*** is empty'],
    ['Proxy-Authorization: Basic aHVudGVyMg==', 'Proxy-Authorization: ***'],
    ['{"authorization":"Bearer hunter2"}', '{"authorization":***'],
    ['Cookie: a=hunter2; b=hunter2', 'Cookie: ***'],
    ['X-Api-Key=hunter2', 'X-Api-Key=***'],
    ['listening on http://127.0.0.1:3128, 160 rules', 'listening on http://127.0.0.1:3128, 160 rules'],
  ])('%j is told as %j', (text, expected) => {
    expect(redactSecrets(text)).toBe(expected)
  })

  test.each([
    ['http://r.test/p?q=1', 'http://r.test/p?'],
    ['http://r.test/p#f?q', 'http://r.test/p'],
    ['http://user:pw@r.test/p', 'http://r.test/p'],
    ['http://user:pw@r.test', 'http://r.test'],
    ['user:pw@r.test/p', 'r.test/p'],
    ['http://r.test/a@b', 'http://r.test/a@b'],
    ['', ''],
  ])('the URL %j is logged as %j', (url, expected) => {
    expect(strippedUrl(url)).toBe(expected)
  })

  test('a path keeps its at signs and loses its query', () => {
    expect(withoutQuery('/a//b@c/d?q=1')).toBe('/a//b@c/d?')
  })
})
