import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { createRuleCache } from '../../../src/config/rule-cache.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
const files = [{ name: 'a.rules', path: '/x/a.rules', action: 'block' as const }]
const set = compileRules([
  { name: 'a.rules', text: 'block .tracker.test # counts\nblock a*.example\nblock 192.0.2.0/24\n||b.example^\n' },
])
let made = 0

async function written() {
  const directory = join(folder.path, `cache-${made++}`)
  const cache = createRuleCache(directory, files)
  await cache.write(set)
  const [name = ''] = readdirSync(directory)
  return { cache, directory, file: join(directory, name) }
}

describe('a kept rule set', () => {
  test('decides as the one that was written, and is for this user alone', async () => {
    const { cache, directory, file } = await written()
    const read = await cache.read()
    for (const target of ['x.tracker.test', 'ab.example', '192.0.2.1', 'x.b.example', 'other.example']) {
      expect(read?.matches(target)).toEqual(set.matches(target))
    }
    expect(read?.size).toBe(4)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(readdirSync(directory)).toHaveLength(1)
  })

  test('is another one for other files', async () => {
    const { directory } = await written()
    const other = createRuleCache(directory, [{ name: 'b', path: '/x/b', action: 'block' }])
    expect(await other.read()).toBeUndefined()
    await other.write(set)
    expect(readdirSync(directory)).toHaveLength(2)
  })

  test('is not read where a single bit of it has changed, or it ends too soon', async () => {
    const { cache, file } = await written()
    const bytes = readFileSync(file)
    for (let at = 0; at < bytes.length; at += 97) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ 1
      writeFileSync(file, damaged)
      expect(await cache.read()).toBeUndefined()
    }
    writeFileSync(file, bytes.subarray(0, bytes.length - 1))
    expect(await cache.read()).toBeUndefined()
    writeFileSync(file, '')
    expect(await cache.read()).toBeUndefined()
    writeFileSync(file, bytes)
    expect(await cache.read()).toBeDefined()
  })

  test('is not read where others may have written it', async () => {
    const { cache, directory, file } = await written()
    chmodSync(file, 0o620)
    expect(await cache.read()).toBeUndefined()
    chmodSync(file, 0o600)
    expect(await cache.read()).toBeDefined()
    chmodSync(directory, 0o777)
    expect(await cache.read()).toBeUndefined()
  })

  test('is not read through a link', async () => {
    const { file } = await written()
    const directory = join(folder.path, 'links')
    mkdirSync(directory, { mode: 0o700 })
    symlinkSync(file, join(directory, file.slice(file.lastIndexOf('/') + 1)))
    expect(await createRuleCache(directory, files).read()).toBeUndefined()
  })

  test('takes the place of the one before, and of nothing where it cannot be written', async () => {
    const { cache, directory } = await written()
    await cache.write(compileRules([{ name: 'a.rules', text: 'block z.example' }]))
    expect((await cache.read())?.size).toBe(1)
    chmodSync(directory, 0o755)
    await expect(cache.write(set)).rejects.toThrow('is open to others')
    chmodSync(directory, 0o700)
    expect((await cache.read())?.size).toBe(1)
    expect(readdirSync(directory)).toHaveLength(1)
  })
})
