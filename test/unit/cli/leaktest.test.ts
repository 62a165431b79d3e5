import { expect, test, vi } from 'vitest'
import { createProxy } from '../../../src/app.js'
import { leaktest } from '../../../src/cli/leaktest.js'
import { compileRules } from '../../../src/compile-rules.js'

test('exit 0 without a leak, 1 with one, which is in the JSON', async () => {
  const written: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0)
  expect(await leaktest({ headers: 'strict', engine: 'js', json: true })).toBe(0)
  const broken = await leaktest({ headers: 'strict', json: true }, async (config) => {
    const proxy = createProxy({ ...config, engine: 'js', headers: { profile: 'off' }, ruleSet: compileRules([], {}) })
    await proxy.listen()
    return { port: Number(new URL(proxy.address).port), close: () => proxy.close({ drainMs: 0 }) }
  })
  vi.restoreAllMocks()
  expect(broken).toBe(1)
  expect(JSON.parse(written[0] ?? '')).toMatchObject({ leaks: 0 })
  expect(JSON.parse(written[1] ?? '').leaks).toBeGreaterThan(5)
})

test('a URL that is none is refused', async () => {
  await expect(leaktest({ url: 'ftp://x.example' })).rejects.toThrow(/http:\/\/ or https:/)
})
