import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { readRuleImage } from '../../../src/config/rule-image-file.js'
import { createImageStore } from '../../../src/workers/image-store.js'

const RULES = compileRules([{ name: 't.rules', text: 'block .a.test  # why\n' }])

test('keeps rule sets in a folder of this user alone, and leaves nothing behind', async () => {
  const store = createImageStore()
  const [one, two] = [await store.write(1, RULES), await store.write(2, RULES)]
  expect((await readRuleImage(one))?.decide('x.a.test').rule).toMatchObject({ list: 't.rules', line: 1, reason: 'why' })
  expect(statSync(dirname(one)).mode & 0o777).toBe(0o700)
  await store.remove(one)
  expect([existsSync(one), existsSync(two)]).toEqual([false, true])
  store.close()
  expect(existsSync(dirname(two))).toBe(false)
})
