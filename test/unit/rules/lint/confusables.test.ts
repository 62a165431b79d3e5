import { describe, expect, test } from 'vitest'
import { skeletonOf } from '../../../../src/rules/lint/confusables.js'

describe('skeletonOf', () => {
  test.each([
    ['p\u0430yp\u0430l', 'paypal'],
    ['\u0261oogle', 'google'],
    ['g\u03bf\u03bfgle', 'google'],
    ['\u03bdisa', 'visa'],
    ['m\u00fcller', 'm\u00fcller'],
    ['plain-1.example', 'plain-1.example'],
  ])('%j looks like %j', (text, skeleton) => {
    expect(skeletonOf(text)).toBe(skeleton)
  })
})
