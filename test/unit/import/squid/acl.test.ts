import { describe, expect, test } from 'vitest'
import { printPattern } from '../../../../src/import/print-pattern.js'
import { dstdomain, readAcls } from '../../../../src/import/squid/acl.js'
import { readDirectives } from '../../../../src/import/squid/directives.js'
import { fileOf, findIn, skippedLines } from '../../../helpers/imported-rules.js'

function read(lines: readonly string[], ...files: readonly ReturnType<typeof fileOf>[]) {
  const find = findIn(...files)
  return readAcls(readDirectives(fileOf('squid.conf', ...lines), find), find)
}

function shown(lines: readonly string[], ...files: readonly ReturnType<typeof fileOf>[]): string {
  const acl = read(lines, ...files).acls.get('a')
  if (acl?.kind === 'targets')
    return acl.entries
      .map(({ pattern, reason }) => `${printPattern(pattern)?.join(' ')}${reason === undefined ? '' : ` # ${reason}`}`)
      .join(', ')
  return acl?.kind === 'who' || acl?.kind === 'ports' ? `${acl.kind} ${acl.values.join(' ')}` : (acl?.kind ?? 'none')
}

describe('readAcls', () => {
  test.each([
    ['acl a dstdomain .x.example y.example', '.x.example # acl a, y.example # acl a'],
    ['acl a dstdomain -n 192.0.2.1', '192.0.2.1 # acl a'],
    ['acl a dstdom_regex -i ^ads[0-9] (^|\\.)x\\.example$', '/^ads[0-9]/ # acl a, .x.example # acl a'],
    ['acl a url_regex -i ^http://x\\.example/ads/', 'http://x.example/ads/** # acl a'],
    ['acl a urlpath_regex \\.exe$', 'http://*/**.exe # acl a'],
    ['acl a urlpath_regex /ads', '{http://*/**/ads**,http://*/ads**} # acl a'],
    ['acl a urlpath_regex ^/ads', 'http://*/ads** # acl a'],
    [
      'acl a dst 192.0.2.0/24 198.51.100.0/255.255.255.0 2001:db8::/32',
      '192.0.2.0/24 # acl a, 198.51.100.0/24 # acl a, 2001:db8::/32 # acl a',
    ],
    ['acl a dst all', 'everything'],
    ['acl a src 192.0.2.0/24', 'who 192.0.2.0/24'],
    ['acl a src 0.0.0.0/0.0.0.0', 'everything'],
    ['acl a src all', 'everything'],
    ['acl a proxy_auth REQUIRED', 'who REQUIRED'],
    ['acl a port 80 443', 'ports 80 443'],
    ['acl a time MTWHF 9:00-17:00', 'unknown'],
  ])('%s → %s', (line, expected) => {
    expect(shown([line])).toBe(expected)
  })

  test('a file stands for its lines, which keep their places and comments', () => {
    const list = fileOf('blocked.txt', '# comment', '.x.example # why', 'y.example')
    expect(shown(['acl a dstdomain "blocked.txt" .z.example'], list)).toBe(
      '.x.example # why, y.example, .z.example # acl a',
    )
    const { acls } = read(['acl a dstdomain "blocked.txt"'], list)
    const acl = acls.get('a')
    expect(acl?.kind === 'targets' && acl.entries.map(({ file, line }) => `${file}:${line}`)).toEqual([
      'blocked.txt:2',
      'blocked.txt:3',
    ])
  })

  test('lines of one name are one acl, any-of joins several', () => {
    expect(shown(['acl a dstdomain .x', 'acl a dstdomain .y'])).toBe('.x # acl a, .y # acl a')
    expect(shown(['acl a src 192.0.2.1', 'acl a src 192.0.2.2'])).toBe('who 192.0.2.1 192.0.2.2')
    expect(shown(['acl a port 80', 'acl a port 81'])).toBe('ports 80 81')
    expect(shown(['acl b dstdomain .x', 'acl c dstdomain .y', 'acl a any-of b c'])).toBe('.x # acl b, .y # acl c')
    expect(shown(['acl b src 192.0.2.1', 'acl a any-of b'])).toBe('unknown')
  })

  test('reports files that are not there and values that are none, and what is kept in part', () => {
    const { skipped } = read([
      'acl a dstdomain "gone.txt" . a..b',
      'acl b dst 192.0.2.0/255.0.255.0 x.example',
      'acl c url_regex casino ^/cgi',
      'acl d urlpath_regex [a-z]+',
    ])
    expect(skippedLines(skipped)).toEqual([
      '1: gone.txt',
      '1: .',
      '1: a..b',
      '2: 192.0.2.0/255.0.255.0',
      '2: x.example',
      '3: casino',
      '3: ^/cgi',
      '4: [a-z]+',
    ])
  })
})

test('a dot alone is no domain', () => {
  expect(dstdomain('.')).toHaveProperty('reason')
})
