import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createPolledFile } from '../../../src/upstream/polled-file.js'

const folder = mkdtempSync(join(tmpdir(), 'veilgate-polled-'))
const path = join(folder, 'file')

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('parses once for each text it saw, however often it is asked', () => {
  let clock = 0
  const parsed: string[] = []
  const parse = (text: string) => parsed.push(text)
  writeFileSync(path, 'one')
  const value = createPolledFile({ path, now: () => clock, parse })
  for (clock = 0; clock < 20_000; clock += 1_000) value()
  expect(parsed).toEqual(['one'])

  writeFileSync(path, 'three')
  for (; clock < 40_000; clock += 1_000) value()
  expect(parsed).toEqual(['one', 'three'])
  expect(value()).toBe(2)

  rmSync(path)
  clock += 5_000
  value()
  expect(parsed).toEqual(['one', 'three', ''])
})
