import { describe, expect, test } from 'vitest'
import { parseYamlTree } from '../../../src/import/yaml-tree.js'

function rootOf(text: string) {
  const tree = parseYamlTree(text)
  if (!('root' in tree)) throw new Error(tree.message)
  return tree.root
}

describe('parseYamlTree', () => {
  test.each([`a: ${'['.repeat(5_000)}`, Array.from({ length: 900 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')])(
    'does not follow a text that is nested without end',
    (text) => {
      expect(parseYamlTree(text)).toMatchObject({ message: 'nested more than 100 deep' })
    },
  )

  test('finds values by their path, with their lines', () => {
    const root = rootOf('a:\n  b: [x, 007]\n  c: yes\n')
    expect(
      root
        .at('a', 'b')
        ?.items()
        .map(({ text, line }) => [text, line]),
    ).toEqual([
      ['x', 2],
      ['007', 2],
    ])
    expect(root.at('a', 'c')).toMatchObject({ text: 'yes', line: 3 })
    expect(root.at('a', 'nowhere', 'b')).toBeUndefined()
    expect(
      root
        .at('a')
        ?.entries()
        .map(({ key }) => key),
    ).toEqual(['b', 'c'])
    expect(root.at('a')?.text).toBeUndefined()
  })

  test('follows aliases and shows a null as no text', () => {
    const root = rootOf('a: &x [1]\nb: *x\nc:\n')
    expect(
      root
        .at('b')
        ?.items()
        .map(({ text }) => text),
    ).toEqual(['1'])
    expect(root.at('c')?.text).toBeUndefined()
  })

  test('an alias that holds itself does no harm', () => {
    expect(rootOf('a: &x [*x]\n').at('a')?.items()).toHaveLength(1)
  })

  test('says where a text is no YAML', () => {
    expect(parseYamlTree('a: 1\nb: [\n')).toMatchObject({ line: expect.any(Number), message: expect.any(String) })
  })

  test('an empty text has no values', () => {
    expect(rootOf('').at('a')).toBeUndefined()
  })
})
