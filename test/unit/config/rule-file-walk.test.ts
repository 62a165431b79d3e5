import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type LoadedFile, walkRuleFiles } from '../../../src/config/rule-file-walk.js'
import { InputError } from '../../../src/errors.js'
import type { FoundInclude } from '../../../src/rules/compiled/segment.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()

const include = (path: string, action?: 'allow' | 'block'): FoundInclude => ({
  kind: 'include',
  line: 3,
  column: 9,
  path,
  action,
})
const sibling = (name: string, ...attributes: string[]): FoundInclude => ({
  kind: 'sibling',
  line: 4,
  name,
  attributes,
})

/** Walks from `start` over files that say these includes; nothing but folders is on the disk. */
async function walk(start: string, includes: Readonly<Record<string, readonly FoundInclude[]>>, at = folder.path) {
  const seen: LoadedFile[] = []
  await walkRuleFiles(
    [{ name: start, path: start === '-' ? '-' : `${at}/${start}`, action: 'block' }],
    async (file) => {
      seen.push(file)
      return includes[file.name] ?? []
    },
  )
  return seen
}

async function problemsOf(walked: Promise<unknown>) {
  const error = await walked.catch((reason: unknown) => reason)
  if (!(error instanceof InputError)) throw error
  return error.problems
}

describe('the walk over rule files', () => {
  test('comes to a file before what it includes, depth first', async () => {
    const seen = await walk('a', {
      a: [include('b'), include('d', 'allow')],
      b: [include('sub/c')],
      'sub/c': [include('e')],
    })
    expect(seen.map(({ name, action }) => [name, action])).toEqual([
      ['a', 'block'],
      ['b', 'block'],
      ['sub/c', 'block'],
      ['sub/e', 'block'],
      ['d', 'allow'],
    ])
    expect(seen.at(3)?.path).toBe(`${folder.path}/sub/e`)
    expect(seen.at(3)?.chain.map(({ name }) => name)).toEqual(['a', 'b', 'sub/c'])
    expect(seen.at(3)?.from).toEqual({ file: 'sub/c', line: 3, column: 9 })
  })

  test('takes absolute paths as they are, and those of standard input from the working directory', async () => {
    const seen = await walk('-', { '-': [include('/x/abs'), include('near')] })
    expect(seen.map(({ path }) => path)).toEqual(['-', '/x/abs', `${process.cwd()}/near`])
  })

  test('ends at a cycle, names the whole of it, and tells every other problem too', async () => {
    const problems = await problemsOf(
      walk('a', { a: [include('b'), include('a')], b: [include('c')], c: [include('b')] }),
    )
    expect(problems.map(({ file, line, message }) => [file, line, message])).toEqual([
      ['c', 3, 'include cycle: b → c → b'],
      ['a', 3, 'include cycle: a → a'],
    ])
  })

  test('tells why a file cannot be read, at the line that asks for it', async () => {
    const walked = walkRuleFiles([{ name: 'a', path: `${folder.path}/a`, action: 'block' }], async ({ name }) => {
      if (name === 'a') return [include('b')]
      throw Object.assign(new Error('no'), { code: 'EACCES' })
    })
    expect(await problemsOf(walked)).toEqual([
      {
        file: 'a',
        line: 3,
        column: 9,
        message: '`b` cannot be read: permission denied',
        fix: 'give this user the right to read it',
      },
    ])
  })

  test('follows v2fly only to files beside, which it must see', async () => {
    const here = dirname(folder.write('v2fly/list', ''))
    folder.write('v2fly/ads', '')
    mkdirSync(`${here}/folder`)
    const seen = await walk(
      'list',
      { list: [sibling('ads', 'x'), sibling('gone'), sibling('folder'), sibling('../outside')] },
      here,
    )
    expect(seen.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['list', []],
      ['ads', ['x']],
    ])
  })

  test('takes a category by its files, which lead nowhere', async () => {
    folder.write('cat/domains', '')
    folder.write('cat/expressions', '')
    folder.write('cat/other', '')
    const seen = await walk('cat', { 'cat/domains': [include('other'), sibling('other')] })
    expect(seen.map(({ name, part }) => [name, part])).toEqual([
      ['cat/domains', 'domains'],
      ['cat/expressions', 'expressions'],
    ])
  })
})
