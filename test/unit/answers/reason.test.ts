import { expect, test } from 'vitest'
import { reasonFor } from '../../../src/answers/reason.js'
import { refusalOf } from './refusals.js'

test.each([
  ['a failure says what exactly was wrong', { detail: 'NXDOMAIN', rule: null }, 'the name does not resolve: NXDOMAIN'],
  ['without a detail the summary stands alone', { detail: null, rule: null }, 'the name does not resolve'],
  ['an empty detail is none', { detail: '', rule: null }, 'the name does not resolve'],
  ['the place of a rule is not told twice', { detail: 'my.rules:3' }, 'the name does not resolve'],
  [
    'where the default blocks, no rule does',
    { code: 'VG_REQUEST_BLOCKED', detail: 'default', rule: null },
    'no rule allows this target',
  ],
] as const)('%s', (_what, change, expected) => {
  expect(reasonFor(refusalOf({ code: 'VG_DNS_ERROR', ...change }))).toBe(expected)
})
