import { describe, expect, test } from 'vitest'
import { lintRules } from '../../../../src/rules/lint.js'

const lint = (text: string) => lintRules([{ name: 't.rules', text }]).filter(({ code }) => code === 'look-alike')

describe('look-alikes', () => {
  test.each([
    ['block p\u0430ypal.example\nblock .paypal.example', 1, 'Cyrillic a'],
    ['block .paypal.example\nblock xn--pypal-4ve.example', 2, 'the same in its ASCII form'],
    ['block *.paypal.example\nblock http://p\u0430ypal.example/x', 2, 'in URLs, and for subdomains'],
    ['block \u0441\u043e\u0440\u0443.example\nblock \u0441op\u0443.example', 2, 'two that are both international'],
  ])('%j: line %d (%s)', (text, line) => {
    expect(lint(text)).toMatchObject([{ line, severity: 'warning' }])
  })

  test.each([
    ['block m\u00fcller.example\nblock muller.example', 'accents are seen'],
    ['block p\u0430ypal.example\nblock other.example', 'the other name is not listed'],
    ['block p\u0430ypal.example\nallow p\u0430ypal.example', 'one name twice'],
    ['block \u043c\u043e\u0441\u043a\u0432\u0430.example', 'a name in its own script'],
  ])('%j: none (%s)', (text) => {
    expect(lint(text)).toEqual([])
  })

  test('shows both as they are read', () => {
    expect(lint('block .paypal.example\nblock xn--pypal-4ve.example')[0]?.message).toContain('`p\u0430ypal.example`')
  })
})
