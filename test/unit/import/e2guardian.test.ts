import { describe, expect, test } from 'vitest'
import { importE2guardian } from '../../../src/import/e2guardian.js'
import { fileOf, findIn, ruleLines, skippedLines } from '../../helpers/imported-rules.js'

describe('importE2guardian', () => {
  test('lists by their names, with their category as the reason, and what they include', () => {
    const imported = importE2guardian(
      [
        fileOf(
          'bannedsitelist',
          '#listcategory: "Banned Sites"',
          '.Include</lists/ads/domains>',
          '.Include</gone>',
          'a.example',
        ),
        fileOf('exceptionsitelist', '# comment', 'good.a.example'),
      ],
      findIn(fileOf('/lists/ads/domains', 'b.example')),
    )
    expect(ruleLines(imported)).toEqual(
      ['block .a.example # Banned Sites', 'block .b.example', 'allow .good.a.example'].toSorted((a, b) =>
        a.startsWith('block .b') ? -1 : b.startsWith('block .b') ? 1 : 0,
      ),
    )
    expect(skippedLines(imported.skipped)).toEqual(['3: .Include</gone>'])
  })

  test('a blanket block is a default, a blanket exception is reported', () => {
    const imported = importE2guardian(
      [fileOf('bannedsitelist', '**', '*ip'), fileOf('greysitelist', '**'), fileOf('exceptionsitelist', 'a.example')],
      findIn(),
    )
    expect(ruleLines(imported)).toEqual(['default block', 'block /^([0-9.]+|.*:.*)$/', 'allow .a.example'])
    expect(skippedLines(imported.skipped)).toEqual(['1: **'])
  })

  test('a list that holds at some times only is not carried over', () => {
    const imported = importE2guardian(
      [fileOf('bannedsitelist', '#time: 9 0 17 0 01234', 'a.example', 'b.example')],
      findIn(),
    )
    expect(ruleLines(imported)).toEqual([])
    expect(imported.skipped).toMatchObject([{ line: 1, count: 2, text: '#time: 9 0 17 0 01234' }])
  })

  test('a configuration names its lists', () => {
    const imported = importE2guardian(
      [
        fileOf(
          'e2guardianf1.conf',
          '# comment',
          "groupname = 'default'",
          "sitelist = 'name=banned,messageno=500,path=/lists/bannedsitelist'",
          "exceptionsitelist = '/lists/exceptionsitelist'",
          "urllist = 'name=banned,path=/lists/gone'",
          'naughtynesslimit = 160',
        ),
      ],
      findIn(fileOf('/lists/bannedsitelist', 'a.example'), fileOf('/lists/exceptionsitelist', 'b.example')),
    )
    expect(ruleLines(imported)).toEqual(['block .a.example', 'allow .b.example'])
    expect(imported.skipped.map(({ line, count }) => `${line} ${count}`)).toEqual(['5 1', '2 2'])
  })

  test('includes that go round in a circle are reported', () => {
    const list = fileOf('bannedsitelist', 'a.example', '.Include<bannedsitelist>')
    const imported = importE2guardian([list], findIn(list))
    expect(ruleLines(imported)).toEqual(['block .a.example'])
    expect(skippedLines(imported.skipped)).toEqual(['2: .Include<bannedsitelist>'])
  })

  test('lists that are no rules, and expressions that hold in part, are reported', () => {
    const imported = importE2guardian(
      [fileOf('bannedphraselist', '<x>'), fileOf('bannedregexpurllist', 'casino')],
      findIn(),
    )
    expect(ruleLines(imported)).toEqual(['block /casino/'])
    expect(skippedLines(imported.skipped)).toEqual(['1: bannedphraselist', 'bannedregexpurllist:1: casino'])
  })
})
