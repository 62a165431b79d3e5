import { describe, expect, test } from 'vitest'
import { readPiholeEntries } from '../../../src/import/pihole-entries.js'
import { fileOf, skippedLines } from '../../helpers/imported-rules.js'

function shown(...args: Parameters<typeof fileOf>) {
  const read = readPiholeEntries(fileOf(...args))
  return read?.entries.map((entry) =>
    entry.kind === 'list'
      ? `list ${entry.action} ${entry.url}${entry.title === undefined ? '' : ` # ${entry.title}`}`
      : `${entry.line} ${entry.kind} ${entry.action} ${entry.text}${entry.reason === undefined ? '' : ` # ${entry.reason}`}`,
  )
}

describe('readPiholeEntries', () => {
  test('text files, by their names', () => {
    expect(shown('/etc/pihole/whitelist.txt', '#off.example', 'a.example # why', '')).toEqual([
      '2 exact allow a.example # why',
    ])
    expect(shown('blacklist.txt', 'a.example')).toEqual(['1 exact block a.example'])
    expect(shown('regex.list', '^ads')).toEqual(['1 regex block ^ads'])
    expect(shown('whitelist.regex.txt', '^ads')).toEqual(['1 regex allow ^ads'])
    expect(shown('adlists.list', '#https://off.example', 'https://lists.example/a')).toEqual([
      'list block https://lists.example/a',
    ])
    expect(shown('gravity.list', 'a.example')).toBeUndefined()
  })

  test('Teleporter and dumps, by their names and their text', () => {
    expect(shown('whitelist.exact.json', '[{"domain":"a.example"}]')).toEqual(['1 exact allow a.example'])
    expect(shown('x.sql', "INSERT INTO domainlist VALUES(2,1,'b.example',1,0,0,NULL);")).toEqual([
      '1 exact block b.example',
    ])
  })

  test('names with an address of their own are reported one by one, other settings at once', () => {
    const toml = fileOf(
      'pihole.toml',
      '[dns]',
      '  # comment',
      '  upstreams = [ "192.0.2.53" ]',
      '  hosts = [',
      '    "192.0.2.7 nas.example",',
      '  ] ### CHANGED',
      '  cnameRecords = [ "a.example,b.example" ]',
      '[webserver]',
      '  port = "80"',
    )
    expect(skippedLines(readPiholeEntries(toml)?.skipped ?? [])).toEqual([
      '5: 192.0.2.7 nas.example',
      '7: a.example,b.example',
      '1: pihole.toml',
    ])
    expect(skippedLines(readPiholeEntries(fileOf('custom.list', '192.0.2.7 nas.example'))?.skipped ?? [])).toEqual([
      '1: 192.0.2.7 nas.example',
    ])
  })

  test('an adlist that is no URL is reported', () => {
    expect(readPiholeEntries(fileOf('adlists.list', 'not a url'))?.skipped).toMatchObject([{ line: 1 }])
  })
})
