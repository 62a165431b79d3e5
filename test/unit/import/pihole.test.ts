import { describe, expect, test } from 'vitest'
import { importPihole } from '../../../src/import/pihole.js'
import { fileOf, ruleLines, skippedLines } from '../../helpers/imported-rules.js'

describe('importPihole', () => {
  test('entries become rules, adlists subscriptions', () => {
    const imported = importPihole([
      fileOf('whitelist.txt', 'a.example', 'a..b'),
      fileOf('blacklist.txt', 'b.example'),
      fileOf('regex.list', '(\\.|^)c\\.example$', '^ads[0-9]+', '(?!x)y'),
      fileOf('adlists.list', 'https://lists.example/a'),
      fileOf('gravity.list', '0.0.0.0 d.example', '||e.example^'),
    ])
    expect(ruleLines(imported)).toEqual([
      'allow a.example',
      'block b.example',
      'block .c.example',
      'block /^ads[0-9]+/',
      'block d.example',
      'block .e.example',
    ])
    expect(imported.lists).toEqual([{ kind: 'list', url: 'https://lists.example/a', action: 'block' }])
    expect(skippedLines(imported.skipped)).toEqual(['2: a..b', 'regex.list:3: (?!x)y'])
  })

  test('extensions of expressions: another reply blocks as well, other questions cannot be asked', () => {
    const imported = importPihole([
      fileOf('regex.list', '^a;reply=NXDOMAIN', '^b;querytype=AAAA', '^c;invert', '^d;reply=1.2.3.4;querytype=!A'),
    ])
    expect(ruleLines(imported)).toEqual(['block /^a/'])
    expect(skippedLines(imported.skipped)).toEqual([
      '2: ^b;querytype=AAAA',
      '3: ^c;invert',
      '4: ^d;reply=1.2.3.4;querytype=!A',
    ])
  })

  test('beside a subscribed allowlist, what is denied by name is above it and what is allowed above that', () => {
    const imported = importPihole([
      fileOf(
        'gravity.sql',
        "INSERT INTO adlist VALUES(2,'https://lists.example/b',1,0,0,NULL,0,10,0,1,0,1);",
        "INSERT INTO domainlist VALUES(1,0,'a.example',1,0,0,NULL);",
        "INSERT INTO domainlist VALUES(2,1,'b.example',1,0,0,NULL);",
        "INSERT INTO domainlist VALUES(3,2,'^c',1,0,0,NULL);",
        "INSERT INTO domainlist VALUES(4,3,'^d',1,0,0,NULL);",
      ),
    ])
    expect(ruleLines(imported)).toEqual(['allow! a.example', 'block! b.example', 'allow! /^c/', 'block /^d/'])
  })

  test('says how a database is written out', () => {
    const { skipped } = importPihole([{ name: 'gravity.db', text: 'SQLite format 3\0…' }])
    expect(skipped).toMatchObject([{ reason: expect.stringContaining('.dump') }])
  })
})
