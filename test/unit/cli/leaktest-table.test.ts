import { expect, test } from 'vitest'
import { wayLines } from '../../../src/cli/leaktest-table.js'

test('a leak is in capitals, and a note stands below', () => {
  const row = { id: 'from', label: 'mail', verdict: 'leak', seen: { origin: ['curl'] }, what: ['from'] } as const
  const way = {
    route: 1,
    match: ['*'],
    via: 'up',
    host: 'a.example',
    profile: 'off',
    rows: [row],
    notes: ['why'],
    arrived: 1,
  } as const
  expect(wayLines(way)).toEqual([
    'route 1 (*) by up, asked for a.example, headers off',
    '        item  origin  what was seen',
    '  LEAK  mail  seen    from',
    '  why',
  ])
})
