import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHostsFile, parseHosts } from '../../../src/upstream/hosts-file.js'

describe('parseHosts', () => {
  test('reads names in any case, several to a line, with comments, blank lines and CRLF', () => {
    const hosts = parseHosts(
      [
        '# hosts',
        '',
        '127.0.0.1\tlocalhost',
        '10.0.0.1  One.Example one  # the first',
        '::1 localhost ip6-localhost\r',
        '10.0.0.2 two.example. bücher.example #three.example',
      ].join('\n'),
    )
    expect(Object.fromEntries(hosts)).toEqual({
      localhost: ['127.0.0.1', '::1'],
      'one.example': ['10.0.0.1'],
      one: ['10.0.0.1'],
      'ip6-localhost': ['::1'],
      'two.example': ['10.0.0.2'],
      'xn--bcher-kva.example': ['10.0.0.2'],
    })
  })

  test('writes addresses in one form, once each', () => {
    expect(parseHosts('::FFFF:10.0.0.1 a\n10.0.0.1 a\n2001:DB8:0::1 a').get('a')).toEqual(['10.0.0.1', '2001:db8::1'])
  })

  test('skips what is no address or no name', () => {
    expect([
      ...parseHosts('fe80::1%lo0 localhost\n10.0.0 a\nexample.com b\n10.0.0.1\n10.0.0.1 a..b c/d').keys(),
    ]).toEqual([])
  })
})

describe('hosts file', () => {
  let folder = ''
  let path = ''
  let clock = 0

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'veilgate-hosts-'))
    path = join(folder, 'hosts')
    clock = 0
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  test('follows the file, looking at most every five seconds', () => {
    writeFileSync(path, '10.0.0.1 a.test')
    const hosts = createHostsFile({ path, now: () => clock })
    expect(hosts.lookup('a.test')).toEqual(['10.0.0.1'])
    expect(hosts.lookup('b.test')).toBeUndefined()

    writeFileSync(path, '10.0.0.22 a.test')
    clock = 4_999
    expect(hosts.lookup('a.test')).toEqual(['10.0.0.1'])
    clock = 5_000
    expect(hosts.lookup('a.test')).toEqual(['10.0.0.22'])
  })

  test('notices a file of the same size and time moved into its place', () => {
    const stamp = new Date(1_000_000)
    writeFileSync(path, '10.0.0.1 a.test')
    utimesSync(path, stamp, stamp)
    const hosts = createHostsFile({ path, now: () => clock })
    writeFileSync(`${path}.new`, '10.0.0.2 a.test')
    utimesSync(`${path}.new`, stamp, stamp)
    renameSync(`${path}.new`, path)
    clock = 5_000
    expect(hosts.lookup('a.test')).toEqual(['10.0.0.2'])
  })

  test('a missing file is an empty one, until it appears, and again when it goes', () => {
    const hosts = createHostsFile({ path, now: () => clock })
    expect(hosts.lookup('a.test')).toBeUndefined()
    writeFileSync(path, '10.0.0.1 a.test')
    clock = 5_000
    expect(hosts.lookup('a.test')).toEqual(['10.0.0.1'])
    rmSync(path)
    clock = 10_000
    expect(hosts.lookup('a.test')).toBeUndefined()
  })
})
