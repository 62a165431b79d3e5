import { expect, test } from 'vitest'
import { fieldLines } from '../../../src/leaktest/field-lines.js'

test('names in lower case, values without white space around, nothing of the body', () => {
  expect(fieldLines('GET / HTTP/1.1\r\nHost:  a \r\nX-B: c:d\r\n\r\nE: f')).toEqual([
    { name: 'host', value: 'a' },
    { name: 'x-b', value: 'c:d' },
  ])
})
