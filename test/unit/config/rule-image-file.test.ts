import { chmodSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { readRuleImage, writeRuleImage } from '../../../src/config/rule-image-file.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
const file = join(folder.path, 'rules.bin')
const RULES = compileRules([{ name: 't.rules', text: 'block .a.test\nallow b.a.test\n' }])

describe('rule image file', () => {
  test('what is written is read again, from a file of this user alone and nothing beside it', async () => {
    await writeRuleImage(file, RULES)
    const read = await readRuleImage(file)
    expect(read?.decide('c.a.test').action).toBe('block')
    expect(read?.decide('b.a.test').action).toBe('allow')
    expect(readdirSync(folder.path)).toEqual(['rules.bin'])
  })

  test('one bit that changed is noticed', async () => {
    await writeRuleImage(file, RULES)
    const bytes = readFileSync(file)
    bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1
    writeFileSync(file, bytes)
    await expect(readRuleImage(file)).rejects.toThrow('damaged')
  })

  test('a file that others may read or write, or a link, is not taken', async () => {
    await writeRuleImage(file, RULES)
    chmodSync(file, 0o644)
    await expect(readRuleImage(file)).rejects.toThrow('not a file of our own')
    chmodSync(file, 0o600)
    const link = join(folder.path, 'link.bin')
    symlinkSync(file, link)
    await expect(readRuleImage(link)).rejects.toThrow('ELOOP')
  })
})
