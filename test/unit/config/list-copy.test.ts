import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { randomPrintKey } from '../../../src/compile-rules.js'
import type { ListCopy } from '../../../src/config/list-copy.js'
import { fileText, wholeText } from '../../../src/config/list-text.js'
import { loadRules } from '../../../src/config/load-rules.js'
import { digestOf, listsOf } from '../../../src/rules/list-update.js'
import type { RuleSet } from '../../../src/rules/rule.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
const key = randomPrintKey()

function copyOf(text: string, over: Partial<ListCopy> = {}): ListCopy {
  return { name: 'ads', action: 'block', scope: 'exact', sha256: '', text: wholeText(Buffer.from(text)), ...over }
}

function rulesOf(lists: readonly ListCopy[], file = 'block file.test\n', previous?: RuleSet) {
  const files = [{ name: 'my.rules', path: folder.write('my.rules', file), action: 'block' as const }]
  return loadRules({ files, lists, scope: 'exact', key, previous })
}

describe('a list', () => {
  test('adds its rules behind the files, shown as NAME:LINE', async () => {
    const rules = await rulesOf([copyOf('# head\n||ads.test^\nfile.test\n')])
    expect(rules.decide('x.ads.test').rule).toMatchObject({ list: 'ads', line: 2, text: '||ads.test^' })
    expect(rules.decide('file.test').rule).toMatchObject({ list: 'my.rules', line: 1 })
    expect(rules.matches('file.test').map(({ list }) => list)).toEqual(['my.rules', 'ads'])
    expect(rules.size).toBe(3)
  })

  test('has its own action and scope', async () => {
    const rules = await rulesOf([
      copyOf('ads.test\n@@||no.test^\n', { scope: 'suffix' }),
      copyOf('good.test\nblock bad.test\n', { name: 'good', action: 'allow' }),
    ])
    expect(rules.decide('x.ads.test').action).toBe('block')
    expect(rules.decide('good.test').rule).toMatchObject({ list: 'good', action: 'allow' })
    expect(rules.decide('bad.test').action).toBe('allow')
    expect(rules.counts.find(({ list }) => list === 'good')?.skipped).toEqual({ 'blocks, in an allow file': 1 })
  })

  test('says nothing about the default and includes nothing, whatever verbs are in it; its faults are counted', async () => {
    const secret = folder.write('secret.rules', 'block secret.test\n')
    const text = `block ads.test\ndefault block\ninclude ${secret}\nblock a..b\nblock +(a|b).test\nnot understood at all\n`
    const rules = await rulesOf([copyOf(text)], 'default allow\nblock file.test\n')
    expect(rules.defaultAction).toBe('allow')
    expect(rules.decide('secret.test').action).toBe('allow')
    expect(rules.decide('ads.test').rule).toMatchObject({ list: 'ads', line: 1 })
    expect(rules.counts.find(({ list }) => list === 'ads')).toMatchObject({
      rules: 1,
      skipped: {
        'default, in a subscription': 1,
        'include, in a subscription': 1,
        'not a valid host name': 1,
        'not understood': 2,
      },
    })
  })

  test('without a rule is no error', async () => {
    expect((await rulesOf([copyOf('# nothing\n')])).size).toBe(1)
    expect((await rulesOf([copyOf('')])).size).toBe(1)
  })

  test('whose file is gone is left out, others are not', async () => {
    const rules = await rulesOf([
      copyOf('', { name: 'gone', text: fileText('/no/such/list', 5) }),
      copyOf('ads.test\n'),
    ])
    expect(listsOf(rules).map(({ name }) => name)).toEqual(['ads'])
  })

  test('that breaks off while it is read fails', async () => {
    const text = {
      bytes: 10,
      async forEachChunk(visit: (bytes: Uint8Array) => void) {
        visit(Buffer.from('ads.test\n'))
        throw Object.assign(new Error('gone in the middle'), { code: 'ENOENT' })
      },
    }
    await expect(rulesOf([copyOf('', { text })])).rejects.toThrow('gone in the middle')
  })

  test('that the set before has is taken over without being read', async () => {
    const before = await rulesOf([copyOf('ads.test\n')])
    const sha256 = digestOf(listsOf(before)[0]?.key ?? '')
    const unreadable = {
      bytes: 9,
      forEachChunk: async () => {
        throw new Error('read')
      },
    }
    const after = await rulesOf([copyOf('', { sha256, text: unreadable })], 'block file.test\n', before)
    expect(after.decide('ads.test').rule).toMatchObject({ list: 'ads', line: 1 })
    const otherwise = rulesOf([copyOf('', { sha256, scope: 'suffix', text: unreadable })], 'block file.test\n', before)
    await expect(otherwise).rejects.toThrow('read')
  })
})

test('a rule file with the name and text of a list is not taken for it', async () => {
  const file = { name: 'ads', path: folder.write('ads', 'default block\nads.test\n'), action: 'block' as const }
  const load = { scope: 'exact', key } as const
  const before = await loadRules({ ...load, files: [file] })
  const text = 'default block\nads.test\n'
  const sha256 = createHash('sha256').update(text).digest('hex')
  const after = await loadRules({ ...load, files: [], lists: [copyOf(text, { sha256 })], previous: before })
  expect([before.defaultAction, after.defaultAction]).toEqual(['block', 'allow'])
})
