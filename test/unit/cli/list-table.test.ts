import { expect, test } from 'vitest'
import type { ListState } from '../../../src/app.js'
import { toStateLines, toUpdateLines } from '../../../src/cli/list-table.js'

const NOW = Date.UTC(2026, 0, 2)
const current: ListState = {
  name: 'ads',
  url: 'https://lists.test/a',
  action: 'block',
  scope: 'exact',
  status: 'current',
  entries: 1_200,
  skipped: {},
  age: 7_200,
  fetchedAt: '2026-01-01T00:00:00.000Z',
  checkedAt: '2026-01-01T22:00:00.000Z',
  nextAt: '2026-01-02T10:00:00.000Z',
  isUpdating: false,
  failures: 0,
  lastError: null,
}

test('lists stand in columns, with what is wrong below', () => {
  const failing = { ...current, name: 'malware', status: 'failing', entries: 1, lastError: 'gone\x1b[2J' } as const
  const pending = { ...current, name: 'new', status: 'pending', entries: 0, age: null, nextAt: null } as const
  expect(toStateLines([current, failing, { ...pending, isUpdating: true }], NOW)).toEqual([
    'ads      current  1200 rules  checked 2 h ago  next in 10 h   https://lists.test/a',
    'malware  failing  1 rule      checked 2 h ago  next in 10 h   https://lists.test/a',
    '  gone\\x1b[2J',
    'new      pending  0 rules     no copy          being fetched  https://lists.test/a',
  ])
  expect(toStateLines([{ ...current, nextAt: '2026-01-01T00:00:00.000Z' }], NOW)[0]).toContain('next in 0 s')
  expect(toStateLines([], NOW)).toEqual([])
})

test('an update says what became of each list', () => {
  expect(
    toUpdateLines([
      { name: 'ads', outcome: 'updated', entries: 12, error: null },
      { name: 'more', outcome: 'failed', entries: 1, error: 'gone' },
    ]),
  ).toEqual(['ads   updated  12 rules', 'more  failed   1 rule', '  gone'])
})
