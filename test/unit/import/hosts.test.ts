import { expect, test } from 'vitest'
import { importHosts } from '../../../src/import/hosts.js'
import { fileOf, ruleLines, skippedLines } from '../../helpers/imported-rules.js'

test('names that are sent nowhere are blocked, names with an address are reported', () => {
  const imported = importHosts([
    fileOf('one', '127.0.0.1 localhost', '0.0.0.0 a.example', '192.0.2.7 router.example'),
    fileOf('two', ':: b.example'),
  ])
  expect(ruleLines(imported)).toEqual(['block a.example', 'block b.example'])
  expect(skippedLines(imported.skipped)).toEqual(['3: 192.0.2.7 router.example'])
  expect(imported.skipped[0]?.reason).toBe('hosts line with another address')
})
