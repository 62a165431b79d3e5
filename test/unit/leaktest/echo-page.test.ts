import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { createProxy } from '../../../src/app.js'
import { compileRules } from '../../../src/compile-rules.js'
import { mergeSettings } from '../../../src/config/settings.js'
import { runEcho } from '../../../src/leaktest/echo-page.js'

test('values are found in the answer of an echo page', async () => {
  const page = createServer((request, response) => response.end(`${request.url} ${JSON.stringify(request.rawHeaders)}`))
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void page.close())
  const address = page.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const config = mergeSettings({
    engine: 'js',
    headers: { profile: 'strict' },
    egress: { guard: { allow: ['127.0.0.1'] } },
  })
  const echo = { url: new URL(`http://127.0.0.1:${port}/`), host: '127.0.0.1', port }
  const { rows, notes } = await runEcho(config, echo, 'lt00ff', async (run) => {
    const proxy = createProxy({ ...run, ruleSet: compileRules([], {}) })
    await proxy.listen()
    return { port: Number(new URL(proxy.address).port), close: () => proxy.close({ drainMs: 0 }) }
  })
  expect(notes).toEqual([])
  expect(rows.filter(({ verdict }) => verdict === 'leak')).toEqual([])
  expect(rows.find(({ id }) => id === 'cookie')?.verdict).toBe('exposed')
  expect(rows.find(({ id }) => id === 'tracking')?.verdict).toBe('withheld')
})
