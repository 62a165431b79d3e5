import { describe, expect, test } from 'vitest'
import { refuseCount, refuseDelivery } from '../../../src/subscriptions/acceptance.js'

const digest = 'a'.repeat(64)
const deliver = (text: string, contentType = 'text/plain', wanted?: string) =>
  refuseDelivery({ contentType, text: Buffer.from(text), publishedSha256: digest }, wanted)

describe('a delivery', () => {
  test.each([
    ['a list', 'text/plain; charset=utf-8', '||ads.test^\n'],
    ['a list of unknown type', '', 'ads.test\n'],
    ['a list that speaks of pages', 'text/plain', '# <html> is not at the start\nads.test\n'],
    ['an adblock rule for an element', 'text/plain', '<htmlx\n'],
  ])('%s is taken', (_what, contentType, text) => {
    expect(deliver(text, contentType)).toBeUndefined()
  })

  test.each([
    ['by its type', 'text/html', 'ads.test\n'],
    ['by its type with a charset', 'Text/HTML; charset=utf-8', 'ads.test\n'],
    ['by its first line', 'text/plain', '<!DOCTYPE html><title>Sign in</title>'],
    ['by its first tag', '', '<html lang=en>'],
    ['behind white space and a byte order mark', 'text/plain', '\ufeff\n \t<!doctype HTML>'],
  ])('a page is refused, known %s', (_how, contentType, text) => {
    expect(deliver(text, contentType)).toBe('the answer is an HTML page, not a list')
  })

  test('another file than the one named by its digest is refused', () => {
    expect(deliver('ads.test\n', '', digest)).toBeUndefined()
    expect(deliver('ads.test\n', '', 'b'.repeat(64))).toContain(`the SHA-256 of what is published is ${digest}`)
  })
})

describe('a count', () => {
  const usual = { maxShrink: 0.5, acceptShrink: false }
  test.each([
    [1, undefined, usual, 'the first copy, whatever its size'],
    [100, 100, usual, 'the same size'],
    [500, 100, usual, 'growth'],
    [50, 100, usual, 'exactly the share that may go'],
    [49, 100, { maxShrink: 0.5, acceptShrink: true }, 'a shrink that somebody accepts'],
    [1, 100, { maxShrink: 1, acceptShrink: false }, 'any shrink where all may go'],
  ])('%s rules after %s are taken with %j: %s', (rules, rulesBefore, limits, _why) => {
    expect(refuseCount({ rules, rulesBefore }, limits)).toBeUndefined()
  })

  test('a larger shrink is refused, with both counts and the way to take it', () => {
    expect(refuseCount({ rules: 49, rulesBefore: 100 }, usual)).toBe(
      'it shrank from 100 rules to 49, more than maxShrink 0.5 lets pass (lists update --accept-shrink takes it)',
    )
    expect(refuseCount({ rules: 99, rulesBefore: 100 }, { maxShrink: 0, acceptShrink: false })).toContain('it shrank')
  })

  test('a list without a rule is never taken', () => {
    const refusal = 'there is no rule in it'
    expect(refuseCount({ rules: 0, rulesBefore: undefined }, usual)).toBe(refusal)
    expect(refuseCount({ rules: 0, rulesBefore: 5 }, { maxShrink: 1, acceptShrink: true })).toBe(refusal)
  })
})
