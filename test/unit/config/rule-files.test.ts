import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { loadRuleFiles } from '../../../src/config/rule-files.js'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veilgate-rule-files-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

async function files(texts: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}

function load(name: string, action: 'block' | 'allow' = 'block', scope: 'exact' | 'suffix' = 'exact') {
  return loadRuleFiles([{ name, path: join(folder, name), action }], {}, { scope })
}

describe('loadRuleFiles', () => {
  test('gives texts under the names the user gave', async () => {
    await files({ 'a.rules': 'block a.example' })
    expect(await load('a.rules', 'allow', 'suffix')).toEqual([
      { name: 'a.rules', text: 'block a.example', action: 'allow', scope: 'suffix', included: new Set() },
    ])
  })

  test('reads standard input for `-`', async () => {
    const sources = await loadRuleFiles([{ name: '-', path: '-', action: 'block' }], { stdin: async () => 'a.example' })
    expect(sources).toMatchObject([{ name: '-', text: 'a.example', scope: 'exact' }])
  })

  test('follows includes relative to the file that says them, each with its action', async () => {
    await files({
      'rules/my.rules': 'block a.example\ninclude lists/one.txt\ninclude lists/two.txt as allow # trusted\n',
      'rules/lists/one.txt': 'one.example',
      'rules/lists/two.txt': 'two.example\ninclude three.txt',
      'rules/lists/three.txt': 'three.example',
    })
    const sources = await load('rules/my.rules')
    expect(sources.map(({ name, action }) => `${name} ${action}`)).toEqual([
      'rules/my.rules block',
      'rules/lists/one.txt block',
      'rules/lists/two.txt allow',
      'rules/lists/three.txt allow',
    ])
    const set = compileRules(sources)
    expect(['a', 'one', 'two', 'three'].map((host) => set.decide(`${host}.example`).level)).toEqual([
      'block',
      'block',
      'allow',
      'allow',
    ])
  })

  test('refuses a cycle, naming the way', async () => {
    await files({ 'a.rules': 'include b.rules', 'b.rules': 'block x\ninclude a.rules' })
    await expect(load('a.rules')).rejects.toThrow(
      'b.rules:2:1: include cycle: a.rules → b.rules → a.rules; remove one of these includes',
    )
  })

  test('one file may be included from two places', async () => {
    await files({
      'a.rules': 'include b.rules\ninclude c.rules',
      'b.rules': 'include d.txt',
      'c.rules': 'include d.txt',
      'd.txt': 'x.example',
    })
    expect((await load('a.rules')).map(({ name }) => name)).toEqual(['a.rules', 'b.rules', 'd.txt', 'c.rules', 'd.txt'])
  })

  test('tells every file that cannot be read, and where it was asked for', async () => {
    await files({ 'a.rules': 'block x\n  include missing.txt\ninclude .\n' })
    const named = [
      { name: 'a.rules', path: join(folder, 'a.rules'), action: 'block' },
      { name: 'gone.rules', path: join(folder, 'gone.rules'), action: 'block' },
    ] as const
    const error = await loadRuleFiles(named).catch((reason: Error) => reason.message)
    expect(error).toBe(
      [
        'a.rules:2:9: `missing.txt` cannot be read: there is no such file; name a file that exists',
        'a.rules:3:9: `.` cannot be read: it is a folder; name a file that exists',
        'gone.rules: cannot be read: there is no such file; name a file that exists',
      ].join('\n'),
    )
  })

  test.skipIf(process.getuid?.() === 0)('says when it may not read a file', async () => {
    await files({ 'a.rules': 'block x' })
    await chmod(join(folder, 'a.rules'), 0)
    await expect(load('a.rules')).rejects.toThrow('permission denied')
  })
})

describe('includes of v2fly', () => {
  test('reach a sibling, and take only the lines that have the attributes', async () => {
    await files({
      'category-ads': 'full:a.example\ninclude:google @ads\ninclude:empty @ads\ninclude:not-there\n',
      google: '# comment @ads\nfull:ads.google.example @ads\nfull:google.example\nfull:cn.google.example @ads @cn',
      empty: 'full:b.example',
    })
    const sources = await load('category-ads')
    expect(sources.map(({ name }) => name)).toEqual(['category-ads', 'google'])
    const set = compileRules(sources)
    expect(set.decide('ads.google.example').rule).toMatchObject({ list: 'google', line: 2 })
    expect(set.decide('google.example').action).toBe('allow')
    expect(set.counts[0]?.skipped).toEqual({ 'v2fly include of a file that is not there': 1 })
  })

  test('an attribute with a minus takes the lines without it', async () => {
    await files({ all: 'include:google @-cn', google: 'full:a.example @cn\nfull:b.example' })
    const set = compileRules(await load('all'))
    expect(['a.example', 'b.example'].map((host) => set.decide(host).action)).toEqual(['allow', 'block'])
  })

  test('never leave the folder', async () => {
    await files({
      'lists/a': 'full:a.example\ninclude:../secret\ninclude:sub',
      secret: 'b.example',
      'lists/sub/x': 'c.example',
    })
    expect((await load('lists/a')).map(({ name }) => name)).toEqual(['lists/a'])
  })
})

describe('gzip', () => {
  test('is unpacked by its first bytes, whatever the name', async () => {
    await files({ 'a.txt': gzipSync('a.example\n'), 'b.gz': gzipSync('! Title: B\nb.example\n') })
    expect(await load('a.txt')).toMatchObject([{ name: 'a.txt', text: 'a.example\n' }])
    expect(await load('b.gz')).toMatchObject([{ name: 'b.gz', text: '! Title: B\nb.example\n' }])
  })

  test('of which only the name is there is an error, and so is one that is cut off', async () => {
    await files({ 'a.gz': 'a.example\n', 'b.gz': gzipSync('b.example\n').subarray(0, 20) })
    await expect(load('a.gz')).rejects.toThrow(
      'a.gz: cannot be read: its name ends in .gz and it is no gzip file; name a text file, or one packed with gzip',
    )
    await expect(load('b.gz')).rejects.toThrow('b.gz: cannot be read: it is a damaged gzip file')
  })
})

describe('a folder that is a category', () => {
  test('stands for its domains, urls and expressions', async () => {
    await files({
      'ads/domains': 'a.example\n192.0.2.1\n',
      'ads/urls': 'b.example/banner\n',
      'ads/expressions': '# of UT1\n(^|\\.)ad[0-9]+\\.\n',
      'ads/usage': 'black\n',
    })
    const sources = await load('ads')
    expect(sources.map(({ name }) => name)).toEqual(['ads/domains', 'ads/urls', 'ads/expressions'])
    const set = compileRules(sources)
    const ruleFor = (target: string) => {
      const { rule } = set.decide(target)
      return rule === null ? 'none' : `${rule.list}:${rule.line}`
    }
    expect(ruleFor('www.a.example')).toBe('ads/domains:1')
    expect(ruleFor('http://b.example/banner')).toBe('ads/urls:1')
    expect(ruleFor('ad7.example')).toBe('ads/expressions:2')
    expect(ruleFor('black')).toBe('none')
  })

  test('may lack files, or have some without a rule', async () => {
    await files({ 'one/domains': 'a.example\n', 'one/urls': '', 'one/expressions': '/path/only\n' })
    expect((await load('one')).map(({ name }) => name)).toEqual(['one/domains'])
  })

  test('reaches no file by include', async () => {
    await files({ 'ads/domains': 'a.example\ninclude ../secret\n', secret: 'b.example' })
    expect((await load('ads')).map(({ name }) => name)).toEqual(['ads/domains'])
  })

  test('is no category without these files', async () => {
    await files({ 'other/x': 'a.example' })
    await expect(load('other')).rejects.toThrow('other: cannot be read: it is a folder; name a file that exists')
  })
})
