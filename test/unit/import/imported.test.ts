import { describe, expect, test } from 'vitest'
import { append, createGroups, skip } from '../../../src/import/imported.js'

describe('createGroups', () => {
  test('says once what is alike, at its first line, with its count', () => {
    const groups = createGroups()
    groups.add({ file: 'f', line: 3 }, 'why', 'a')
    groups.add({ file: 'f', line: 5 }, 'why', 'b')
    groups.add({ file: 'f', line: 7 }, 'why', 'a')
    groups.add({ file: 'g', line: 1 }, 'why', 'a')
    expect(groups.list()).toEqual([
      { file: 'f', line: 3, reason: 'why', text: 'a', count: 2 },
      { file: 'f', line: 5, reason: 'why', text: 'b', count: 1 },
      { file: 'g', line: 1, reason: 'why', text: 'a', count: 1 },
    ])
  })
})

test('skip takes of its place only what the report shows', () => {
  const place = { file: 'f', line: 2, pattern: 'more' }
  expect(skip(place, 'why', 'text')).toEqual({ file: 'f', line: 2, reason: 'why', text: 'text', count: 1 })
})

test('append takes more than a call has room for arguments', () => {
  const to = [0]
  append(to, new Array<number>(300_000).fill(1))
  expect(to).toHaveLength(300_001)
})
