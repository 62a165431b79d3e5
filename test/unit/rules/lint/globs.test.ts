import { describe, expect, test } from 'vitest'
import { compileGlobs } from '../../../../src/rules/lint/globs.js'
import { readSource } from '../../../../src/rules/lint/read-source.js'

const compile = (text: string) => compileGlobs(readSource({ name: 't', text }, new Set()).rules)

describe('compileGlobs', () => {
  test('finds the globs and regular expressions that match a name, with their own places', () => {
    const globs = compile('block a.example\nblock ads*.example\nallow /^ads/\nblock ads*.example:80\nx*||')
    expect(
      globs?.('ads1.example')
        .map(({ line, action }) => `${line} ${action}`)
        .toSorted(),
    ).toEqual(['2 block', '3 allow'])
    expect(globs?.('other.example')).toEqual([])
  })

  test('reads an expression as its line was read, of which the reason is a part', () => {
    expect(compile('regexp:$x=y # ')?.('a.example')).toEqual([])
    expect(compile('regexp:ads$x=y #\nblock ads*')?.('ads.example').map(({ line }) => line)).toEqual([2])
  })

  test('without any there is nothing to ask', () => {
    expect(compile('block a.example\nblock .b.example')).toBeUndefined()
  })
})
