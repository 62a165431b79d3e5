import { describe, expect, test } from 'vitest'
import { refererFor as forTarget } from '../../../src/http/referer.js'
import { siteOf } from '../../../src/http/site.js'

const refererFor = (value: string, host: string, cutsTracking: boolean) =>
  forTarget(value, { host, site: siteOf(host) }, cutsTracking)

describe('refererFor', () => {
  test.each([
    ['http://a.test/secret?q', 'b.test', 'http://a.test/', 'another site'],
    ['https://www.a.test:8443/secret', 'b.test', 'https://www.a.test:8443/', 'another site with its port'],
    ['http://u:secret@a.test/x', 'b.test', 'http://a.test/', 'user information goes too'],
    ['http://a.test?secret', 'b.test', 'http://a.test/', 'a query without a path'],
    ['http://a.test#secret', 'b.test', 'http://a.test/', 'a fragment without a path'],
    ['http://a.test', 'b.test', 'http://a.test/', 'no path'],
    ['http://a.co.uk/secret', 'b.co.uk', 'http://a.co.uk/', 'two sites under one public suffix'],
    ['http://a.github.io/secret', 'b.github.io', 'http://a.github.io/', 'two sites under one private suffix'],
    ['http://127.0.0.1/secret', '127.0.0.2', 'http://127.0.0.1/', 'two addresses'],
    ['http://localhost/secret', 'a.localhost', 'http://localhost/', 'names without a public suffix'],
    ['android-app://com.example/secret', 'b.test', 'android-app://com.example/', 'another scheme'],
    ['http://secret.onion/', 'b.test', '', 'the name of an onion service'],
    ['http://www.SECRET.onion.:8080/x', 'b.onion', '', 'the same, to another one'],
    ['secret', 'b.test', '', 'no URL'],
    ['//a.test/secret', 'b.test', '', 'a network path'],
    ['//a.test/secret://b.test/', 'b.test', '', 'a network path with a scheme in it'],
    ['http://a.test secret', 'b.test', '', 'an authority that is none'],
    ['http://a.test\\secret', 'b.test', '', 'a backslash'],
    ['http:///secret', 'b.test', '', 'no authority'],
    ['a b://b.test/secret', 'b.test', '', 'no scheme'],
    ['://b.test/secret', 'b.test', '', 'an empty scheme'],
  ])('%s for %s becomes %j: %s', (value, host, expected) => {
    expect(refererFor(value, host, false)).toBe(expected)
    expect(refererFor(value, host, true)).toBe(expected)
  })

  test.each([
    ['http://a.test/', 'b.test', 'an origin already'],
    ['http://b.test/secret?q', 'b.test', 'the same host'],
    ['https://www.b.test/secret', 'img.b.test:8080', 'the same site'],
    ['http://a.b.co.uk/secret', 'b.co.uk', 'the same site under a public suffix'],
    ['http://127.0.0.1:80/secret', '127.0.0.1:80', 'the same address'],
    ['http://127.0.0.1/secret', '127.0.0.1:8080', 'another port of it'],
    ['http://localhost:1/secret', 'localhost', 'another port of a name without a public suffix'],
    ['http://www.a.onion/secret', 'a.onion', 'the same onion service'],
    ['/local?q', 'b.test', 'a path of its own'],
    ['about:blank', 'b.test', 'the blank page'],
    ['', 'b.test', 'nothing'],
  ])('%s for %s stays: %s', (value, host) => {
    expect(refererFor(value, host, false)).toBeUndefined()
    expect(refererFor(value, host, true)).toBeUndefined()
  })

  test.each([
    ['http://b.test/p?id=1&gclid=x', 'http://b.test/p?id=1'],
    ['/p?utm_source=x#f', '/p#f'],
    ['http://www.b.test/?fbclid=x', 'http://www.b.test/'],
  ])('%s goes on within its site without what tells the click, when asked', (value, expected) => {
    expect(refererFor(value, 'b.test', true)).toBe(expected)
    expect(refererFor(value, 'b.test', false)).toBeUndefined()
  })
})
