import { expect, test } from 'vitest'
import { columns } from '../../../src/cli/columns.js'

test('cells stand under each other, and lines end where their text does', () => {
  expect(
    columns([
      ['a', 'bbb', ''],
      ['aaa', '', 'c'],
    ]),
  ).toEqual(['a    bbb', 'aaa       c'])
  expect(columns([])).toEqual([])
})
