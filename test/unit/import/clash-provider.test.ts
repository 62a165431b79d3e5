import { describe, expect, test } from 'vitest'
import { readClashProvider } from '../../../src/import/clash-provider.js'
import { printPattern } from '../../../src/import/print-pattern.js'
import { parseYamlTree } from '../../../src/import/yaml-tree.js'
import { fileOf, skippedLines } from '../../helpers/imported-rules.js'

const shown = ({ drafts }: ReturnType<typeof readClashProvider>) =>
  drafts.map(({ line, action, pattern }) => `${line} ${action} ${printPattern(pattern)?.join(' ')}`)

describe('readClashProvider', () => {
  test('domain behaviour, where a dot and a star say less than in a rule file', () => {
    const file = fileOf(
      'f.yaml',
      'payload:',
      "  - '+.a.example'",
      "  - '.b.example'",
      "  - '*.c.example'",
      '  - d.example',
    )
    expect(shown(readClashProvider(file, 'block'))).toEqual([
      '2 block .a.example',
      '3 block *.b.example',
      '4 block /^[^.]+\\.c\\.example$/',
      '5 block d.example',
    ])
  })

  test('classical and ipcidr behaviour, and what cannot be read', () => {
    const file = fileOf('f.yaml', 'payload:', '  - DOMAIN,a.example', '  - GEOIP,CN', "  - '192.0.2.0/24'", '  - a b')
    const read = readClashProvider(file, 'allow')
    expect(shown(read)).toEqual(['2 allow a.example', '4 allow 192.0.2.0/24'])
    expect(skippedLines(read.skipped)).toEqual(['3: GEOIP,CN', '5: a b'])
  })

  test.each([
    ["  - 'a.example' # why", ['2 block a.example']],
    ['  - "+.a.example"', ['2 block .a.example']],
    ['- DOMAIN-SUFFIX,a.example', ['2 block .a.example']],
    ['  - 2001:db8::/32', ['2 block 2001:db8::/32']],
    ['  - "\\x61.example"', ['2 block a.example']],
    ['  - { a: b }', []],
    ['  - a: b', []],
    ['  [a.example]', ['2 block a.example']],
  ])('%s is read as YAML means it', (line, expected) => {
    expect(shown(readClashProvider(fileOf('f.yaml', 'payload:', line), 'block'))).toEqual(expected)
  })

  test('a rule a line', () => {
    const file = fileOf('f.list', '# comment', '+.a.example', 'DOMAIN-KEYWORD,ads // why', '')
    expect(shown(readClashProvider(file, 'block'))).toEqual(['2 block .a.example', '3 block *ads*'])
  })

  test('a payload inside of a configuration', () => {
    const file = fileOf('config.yaml', 'rules: []', 'x:', '  - a.example')
    const tree = parseYamlTree(file.text)
    const inline = 'root' in tree ? tree.root.at('x') : undefined
    expect(shown(readClashProvider(file, 'block', { inline, behavior: 'domain' }))).toEqual(['3 block a.example'])
  })

  test('a text that is no YAML holds nothing', () => {
    expect(readClashProvider(fileOf('f.yaml', 'payload: [', ' - a'), 'block').drafts).toEqual([])
  })
})
