import { expect, test } from 'vitest'
import { isListName, parseListUrl } from '../../../src/config/list-settings.js'

test.each(['ads', 'A1', 'my-list_2', 'a'.repeat(64)])('%s is a name of a list', (name) => {
  expect(isListName(name)).toBe(true)
})

test.each(['', '-a', '_a', 'a.b', '../a', 'a/b', 'a b', 'ä', 'a:1', 'a'.repeat(65)])('%j is none', (name) => {
  expect(isListName(name)).toBe(false)
})

test.each([
  ['https://lists.test/a.txt?x=1#part', 'https://lists.test/a.txt?x=1'],
  ['HTTP://Lists.Test:80', 'http://lists.test/'],
  ['https://user:pw@lists.test/', 'https://user:pw@lists.test/'],
])('%s is the URL %s', (text, url) => {
  expect(parseListUrl(text)).toBe(url)
})

test.each(['lists.test/a.txt', 'ftp://lists.test/', 'file:///etc/passwd', 'https://', 'https:/lists.test', ''])(
  '%j is none',
  (text) => {
    expect(parseListUrl(text)).toBeUndefined()
  },
)
