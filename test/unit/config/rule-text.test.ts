import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { LoadedFile } from '../../../src/config/rule-file-walk.js'
import { isChangedText, readRuleText, textForRules, unpacked } from '../../../src/config/rule-text.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()

function file(parts: Partial<LoadedFile> = {}): LoadedFile {
  const from = { file: 'a', line: 0, column: 0 }
  return { kind: 'file', name: 'a', path: '/a', action: 'block', attributes: [], chain: [], from, ...parts }
}

describe('the text of a rule file', () => {
  test('is that of the file, or of standard input', async () => {
    const path = folder.write('plain', 'block ü.example\n')
    expect(await readRuleText(file({ path }), {})).toBe('block ü.example\n')
    expect(await readRuleText(file({ path: '-' }), { stdin: async () => 'block b.example' })).toBe('block b.example')
  })

  test('is unpacked, and an unpacked name that says gzip is an error', async () => {
    expect((await unpacked(gzipSync('a.example'), '/x')).toString()).toBe('a.example')
    expect((await unpacked(Buffer.from('a.example'), '/x')).toString()).toBe('a.example')
    await expect(unpacked(Buffer.from('a.example'), '/x.gz')).rejects.toThrow('no gzip file')
  })

  test('stays as it is but for expressions and attributes', () => {
    const text = '# note\na.example @ads\n'
    expect(isChangedText(file())).toBe(false)
    expect(isChangedText(file({ part: 'domains' }))).toBe(false)
    expect(textForRules(text, file())).toBe(text)
  })

  test('of expressions has slashes round each, on its own line', () => {
    const expressions = file({ part: 'expressions' })
    expect(isChangedText(expressions)).toBe(true)
    expect(textForRules('# note\n\n(casino|poker)\n x \n', expressions)).toBe('# note\n\n/(casino|poker)/\n/x/\n')
  })

  test('has only the lines with every attribute asked for, and none where one is asked not to be there', () => {
    const lines = 'a @ads\nb @ads @cn\nc\nd # @ads\ne @ads-x\n'
    const ads = file({ attributes: ['ads'] })
    expect(isChangedText(ads)).toBe(true)
    expect(textForRules(lines, ads)).toBe('a @ads\nb @ads @cn\n\n\n\n')
    expect(textForRules(lines, file({ attributes: ['ads', '-cn'] }))).toBe('a @ads\n\n\n\n\n')
    expect(textForRules(lines, file({ attributes: ['-ads'] }))).toBe('\n\nc\nd # @ads\ne @ads-x\n')
  })
})
