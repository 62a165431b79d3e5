import { execFileSync } from 'node:child_process'
import { rmSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { loadRules } from '../../../src/config/load-rules.js'
import { InputError } from '../../../src/errors.js'
import type { RuleSet } from '../../../src/rules/rule.js'
import { hasSameRules, stateOf } from '../../../src/rules/rule-set.js'
import { KEY } from '../../helpers/segments.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()

function load(names: readonly string[], previous?: RuleSet, stdin?: () => Promise<string>): Promise<RuleSet> {
  const files = names.map((name) => {
    return { name, path: name === '-' ? name : `${folder.path}/${name}`, action: 'block' as const }
  })
  return loadRules({ files, scope: 'exact', previous, key: KEY, io: stdin ? { stdin } : {} })
}

function keysOf(ruleSet: RuleSet): readonly string[] {
  return stateOf(ruleSet)?.base.segment.sources.map(({ key }) => key) ?? []
}

describe('rule files', () => {
  test('larger than one piece are read whole, lines cut by its end too', async () => {
    const count = 60_000
    folder.write('large', Array.from({ length: count }, (_, i) => `host-number-${i}.example\n`).join(''))
    expect(statSync(`${folder.path}/large`).size).toBeGreaterThan(4 * 262_144)
    const set = await load(['large'])
    expect(set.size).toBe(count)
    for (let i = 0; i < count; i += 1_237) {
      expect(set.decide(`host-number-${i}.example`).rule).toMatchObject({
        line: i + 1,
        text: `host-number-${i}.example`,
      })
    }
  })

  test('may be packed, come from standard input, or be a category', async () => {
    folder.write('list.gz', '')
    const { writeFileSync } = await import('node:fs')
    writeFileSync(`${folder.path}/list.gz`, gzipSync('packed.example\n'))
    folder.write('adult/domains', 'adult.example\n')
    folder.write('adult/expressions', '(casino|poker)\n')
    const set = await load(['list.gz', '-', 'adult'], undefined, async () => 'block input.example\n')
    const hosts = ['packed.example', 'input.example', 'www.adult.example', 'my-casino.example']
    expect(hosts.map((host) => set.decide(host).rule?.list)).toEqual([
      'list.gz',
      '-',
      'adult/domains',
      'adult/expressions',
    ])
  })

  test.skipIf(process.platform === 'win32').each([
    ['as text', Buffer.from('block piped.example\n')],
    ['packed', gzipSync('block piped.example\n')],
  ])('may be a pipe, as `--rules <(…)` gives one, %s', async (name, bytes) => {
    execFileSync('mkfifo', [`${folder.path}/${name}`])
    const [set] = await Promise.all([load([name]), writeFile(`${folder.path}/${name}`, bytes)])
    expect(set.decide('piped.example').rule).toMatchObject({ list: name, line: 1 })
  })

  test('take includes along, and only lines with the attributes asked for', async () => {
    folder.write('main', 'include more as allow\ninclude:shop @ads\nblock a.example\n')
    folder.write('more', 'ok.example\n')
    folder.write('shop', 'shop.example\nads.shop.example @ads\n')
    const set = await load(['main'])
    expect(set.decide('ok.example').action).toBe('allow')
    expect(set.decide('ads.shop.example').rule).toMatchObject({ list: 'shop', line: 2 })
    expect(set.decide('shop.example').rule).toBeNull()
  })

  test('with problems are refused with all of them', async () => {
    folder.write('bad', 'block a.example\nblokc b.example\n')
    const error = await load(['bad', 'missing']).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(InputError)
    expect((error as InputError).message).toContain('missing')
  })
})

describe('a reload', () => {
  test('reads only files whose content changed', async () => {
    folder.write('one', 'one.example\n')
    folder.write('two', 'two.example\n')
    const before = await load(['one', 'two'])
    const same = await load(['one', 'two'], before)
    expect(hasSameRules(before, same)).toBe(true)
    folder.write('two', 'three.example\n')
    const after = await load(['one', 'two'], before)
    expect(hasSameRules(before, after)).toBe(false)
    expect(after.decide('three.example').rule).toMatchObject({ list: 'two', line: 1 })
    expect(after.decide('two.example').rule).toBeNull()
    expect(after.decide('one.example').rule?.list).toBe('one')
    expect(before.decide('two.example').rule?.list).toBe('two')
  })

  test('that fails leaves the set before', async () => {
    folder.write('kept', 'kept.example\n')
    const before = await load(['kept'])
    rmSync(`${folder.path}/kept`)
    await expect(load(['kept'], before)).rejects.toThrow(InputError)
    expect(before.decide('kept.example').action).toBe('block')
  })

  test('knows a file by its content and by what is asked of it', async () => {
    folder.write('cat/domains', 'same.example\n')
    folder.write('cat/expressions', 'same.example\n')
    const keys = keysOf(await load(['cat', 'cat/domains']))
    expect(new Set(keys).size).toBe(3)
    expect(new Set(keys.map((key) => key.split(' ')[0])).size).toBeLessThan(3)
  })
})
