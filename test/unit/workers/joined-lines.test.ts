import { afterEach, expect, test, vi } from 'vitest'
import { mergeSettings } from '../../../src/config/settings.js'
import { createJoinedLines } from '../../../src/workers/joined-lines.js'

afterEach(() => {
  vi.restoreAllMocks()
})

test('workers write to a file themselves, and to a standard stream through the primary', async () => {
  const lines = createJoinedLines(2, () => {})
  expect(lines.outlet(mergeSettings({ log: { access: { file: '/var/log/a.log' } } }))).toBe('file')
  expect(lines.outlet(mergeSettings({ log: { access: { file: '-' } } }))).toEqual({ colour: expect.any(Boolean) })
  await lines.close()
})

test('a reader that does not read costs lines, which are counted and said, and no memory without end', async () => {
  // never calls back: the reader stands still
  vi.spyOn(process.stderr, 'write').mockImplementation(() => false)
  const isTTY = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY')
  Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true })
  const warnings: string[] = []
  const lines = createJoinedLines(2, (message) => warnings.push(message))
  const megabyte = `${'x'.repeat(1_048_575)}\n`
  for (let i = 0; i < 20; i++) lines.write(megabyte)
  vi.useFakeTimers()
  const closed = lines.close()
  await vi.advanceTimersByTimeAsync(1_000)
  await closed
  vi.useRealTimers()
  Object.defineProperty(process.stderr, 'isTTY', isTTY ?? { value: undefined, configurable: true })
  expect(warnings).toEqual([
    expect.stringContaining('too slowly'),
    expect.stringMatching(/^the access log lost 1[0-2] lines, 1[0-2] since the start$/),
  ])
})
