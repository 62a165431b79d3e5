import { describe, expect, test } from 'vitest'
import { escapeHtml, shownText, shownUrl } from '../../../src/answers/shown-text.js'

describe('shown text', () => {
  test('control characters, line separators, bidi overrides and lone surrogates become a question mark', () => {
    expect(shownText('a\r\n\x1b\x7f\x9b\u2028\u202e\ud800b é😀')).toBe('a????????b é😀')
  })

  test('markup becomes entities', () => {
    expect(escapeHtml('<a href="x" id=\'y\'>&`\0')).toBe('&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&#96;?')
  })

  test.each([
    ['http://h.test/a/b?q=1#f', 'http://h.test/a/b'],
    ['http://h.test/a#f?x', 'http://h.test/a'],
    ['http://user:pw@h.test/a', 'http://h.test/a'],
    ['http://h.test/a@b', 'http://h.test/a@b'],
    ['http://h.test/a?x\ny', 'http://h.test/a'],
  ])('%j is shown as %j', (url, expected) => {
    expect(shownUrl(url)).toBe(expected)
  })
})
