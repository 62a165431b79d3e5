import { expect, test } from 'vitest'
import { type Finding, toRows } from '../../../src/leaktest/judge.js'

const found = (arrived: boolean, promised: boolean): Finding => ({
  item: 'from',
  where: 'origin',
  browser: 'curl',
  arrived,
  promised,
  what: arrived ? 'from' : '',
})

test.each([
  [true, true, 'leak'],
  [true, false, 'exposed'],
  [false, true, 'withheld'],
] as const)('arrived %s, promised %s: %s', (arrived, promised, verdict) => {
  expect(toRows([found(arrived, promised)])).toMatchObject([{ id: 'from', verdict }])
})
