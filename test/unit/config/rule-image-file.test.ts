import { chmodSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileRules, randomPrintKey } from '../../../src/compile-rules.js'
import { readRuleImage, writeRuleImage } from '../../../src/config/rule-image-file.js'
import { listsOf } from '../../../src/rules/list-update.js'
import type { RuleSet } from '../../../src/rules/rule.js'
import { createRuleUpdate } from '../../../src/rules/rule-update.js'
import { chooseEngine } from '../../../src/transport/native-addon.js'
import { hasNativeEngine } from '../../helpers/engines.js'
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

  test('without memory to map it into, it is read', async () => {
    await writeRuleImage(file, RULES)
    const asked: number[] = []
    const read = await readRuleImage(file, (_descriptor, octets) => {
      asked.push(octets)
      return -95
    })
    expect(asked).toEqual([statSync(file).size])
    expect(read?.decide('c.a.test').action).toBe('block')
  })

  describe.runIf(hasNativeEngine)('mapped into memory that cannot be written to', () => {
    const choice = hasNativeEngine ? chooseEngine('native') : undefined
    const mapFile = choice?.engine === 'native' ? choice.addon.mapFile : undefined
    const names = Array.from({ length: 70_000 }, (_, i) => `n${i}.test`).join('\n')
    const big = compileRules([
      { name: 'big', text: names },
      { name: 'small', text: 'block m*.test\nallow n7.test # it works\n' },
    ])

    test('a set is asked, printed and changed in every way without a write to it', async () => {
      await writeRuleImage(file, big)
      const read = await readRuleImage(file, mapFile)
      if (read === undefined) throw new Error('not read')
      expect(readFileSync('/proc/self/maps', 'utf8')).toMatch(new RegExp(`r--s .*${file}`))
      // the mapping outlives the name
      rmSync(file)
      const edited = read.with({ add: ['block added.test'], remove: ['n3.test', 'block m*.test'] })
      const many = read.with({ add: Array.from({ length: 66_000 }, (_, i) => `block a${i}.test`) })
      const update = createRuleUpdate(read, { key: randomPrintKey() })
      const [kept] = listsOf(read)
      update.keep({ name: 'big', action: 'block', scope: 'exact' }, kept?.key ?? '')
      const lines = update.read({ name: 'third', action: 'block', scope: 'exact' })
      lines.feed(new TextEncoder().encode('third.test\n'))
      lines.end('third')
      const updated = update.finish()
      const actions = (set: RuleSet) =>
        ['n3.test', 'n7.test', 'm1.test', 'added.test', 'a65999.test', 'third.test'].map(
          (host) => set.decide(host).action,
        )
      expect(actions(read)).toEqual(['block', 'allow', 'block', 'allow', 'allow', 'allow'])
      expect(actions(edited)).toEqual(['allow', 'allow', 'allow', 'block', 'allow', 'allow'])
      expect(actions(many)).toEqual(['block', 'allow', 'block', 'allow', 'block', 'allow'])
      expect(actions(updated)).toEqual(['block', 'block', 'allow', 'allow', 'allow', 'block'])
      expect(read.decide('n7.test').rule).toEqual(big.decide('n7.test').rule)
      await writeRuleImage(file, edited)
      expect((await readRuleImage(file, mapFile))?.decide('added.test').action).toBe('block')
    })

    test('one that is damaged or cut off is refused, as one that is read is', async () => {
      await writeRuleImage(file, big)
      const bytes = readFileSync(file)
      writeFileSync(file, bytes.subarray(0, -8))
      await expect(readRuleImage(file, mapFile)).rejects.toThrow('damaged')
      bytes[40_000] = (bytes[40_000] ?? 0) ^ 1
      writeFileSync(file, bytes)
      await expect(readRuleImage(file, mapFile)).rejects.toThrow('damaged')
      writeFileSync(file, '')
      await expect(readRuleImage(file, mapFile)).rejects.toThrow('not a compiled rule set')
    })
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
