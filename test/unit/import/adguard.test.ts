import { describe, expect, test } from 'vitest'
import { importAdguard } from '../../../src/import/adguard.js'
import { fileOf, findIn, ruleLines, skippedLines } from '../../helpers/imported-rules.js'

describe('importAdguard', () => {
  test('filter lists keep their precedence and what they leave alone', () => {
    const imported = importAdguard(
      [
        fileOf(
          'filter.txt',
          '! Title: x',
          '||a.example^',
          '@@||b.a.example^',
          '||c.a.example^$important',
          '||d.example^$denyallow=x.d.example',
          '||e.example^$dnstype=AAAA',
          '/^ads[0-9]/',
          '0.0.0.0 f.example',
          'g.example',
        ),
      ],
      findIn(),
    )
    expect(ruleLines(imported)).toEqual([
      'block .a.example',
      'allow .b.a.example',
      'block! .c.a.example',
      'block ||d.example^$denyallow=x.d.example',
      'block /^ads[0-9]/',
      'block f.example',
      'block g.example',
    ])
    expect(skippedLines(imported.skipped)).toEqual(['6: ||e.example^$dnstype=AAAA'])
  })

  test('badfilter in one file takes back the equal rule of another', () => {
    const imported = importAdguard(
      [fileOf('a', '||a.example^$important', '||b.example^'), fileOf('b', '||a.example^$badfilter,important')],
      findIn(),
    )
    expect(ruleLines(imported)).toEqual(['block .b.example'])
    expect(skippedLines(imported.skipped)).toEqual(['1: ||a.example^$important'])
  })

  test('a configuration is known by its name or its keys', () => {
    const text = ['user_rules:', '  - "||a.example^"']
    for (const name of ['AdGuardHome.yaml', 'copy.txt'])
      expect(ruleLines(importAdguard([fileOf(name, ...text)], findIn()))).toEqual(['block .a.example'])
  })
})
