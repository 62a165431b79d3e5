import { describe, expect, test } from 'vitest'
import { type PiholeEntries, readDump, readTeleporter, toList } from '../../../src/import/pihole-rows.js'
import { fileOf, skippedLines } from '../../helpers/imported-rules.js'

const shown = ({ entries }: PiholeEntries) =>
  entries.map((entry) =>
    entry.kind === 'list'
      ? `list ${entry.action} ${entry.url}${entry.title === undefined ? '' : ` # ${entry.title}`}`
      : `${entry.line} ${entry.kind} ${entry.action} ${entry.text}${entry.reason === undefined ? '' : ` # ${entry.reason}`}`,
  )
const teleporter = (name: string, text: string) => readTeleporter(fileOf(name, text), name)

describe('rows of Pi-hole', () => {
  test('Teleporter, where what is switched off is reported', () => {
    const rows = [
      { type: 0, domain: 'a.example', enabled: 1, comment: 'why' },
      { type: 0, domain: 'b.example', enabled: 0, comment: null },
    ]
    const file = fileOf('whitelist.exact.json', JSON.stringify(rows, null, 1))
    expect(shown(readTeleporter(file, file.name))).toEqual(['2 exact allow a.example # why'])
    expect(skippedLines(readTeleporter(file, file.name).skipped)).toEqual(['8: b.example'])
    expect(shown(teleporter('blacklist.regex.json', '[{"domain":"^ads{2}","enabled":1}]'))).toEqual([
      '1 regex block ^ads{2}',
    ])
    expect(shown(teleporter('adlist.json', '[{"address":"https://lists.example/a","comment":"Ads"}]'))).toEqual([
      'list block https://lists.example/a # Ads',
    ])
    expect(teleporter('adlist.json', 'x').skipped).toMatchObject([{ reason: 'not JSON' }])
  })

  test('a dump of the database', () => {
    expect(
      shown(
        readDump(
          fileOf(
            'gravity.sql',
            'CREATE TABLE domainlist (id INTEGER);',
            "INSERT INTO domainlist VALUES(1,0,'a.example',1,1600000000,1600000000,'Ann''s bank');",
            "INSERT INTO domainlist VALUES(2,1,'b.example',1,1600000000,1600000000,NULL);",
            "INSERT INTO domainlist VALUES(3,2,'^c',1,1600000000,1600000000,'');",
            "INSERT INTO domainlist VALUES(4,3,'(\\.|^)d\\.example$',1,1600000000,1600000000,NULL);",
            "INSERT INTO adlist VALUES(1,'https://lists.example/a',1,1600000000,1600000000,'Ads',1600000000,10,0,1,0,0);",
            "INSERT INTO adlist VALUES(2,'https://lists.example/b',1,1600000000,1600000000,NULL,1600000000,10,0,1,0,1);",
            "INSERT INTO info VALUES('version','19');",
          ),
        ),
      ),
    ).toEqual([
      "2 exact allow a.example # Ann's bank",
      '3 exact block b.example',
      '4 regex allow ^c',
      '5 regex block (\\.|^)d\\.example$',
      'list block https://lists.example/a # Ads',
      'list allow https://lists.example/b',
    ])
  })

  test('only a URL is a list', () => {
    expect(toList('https://lists.example/a', 'block', undefined)).toMatchObject({ kind: 'list' })
    expect(toList('lists.example/a', 'block', undefined)).toBeUndefined()
  })
})
