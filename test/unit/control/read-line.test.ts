import { expect, test } from 'vitest'
import { readLine } from '../../../src/control/read-line.js'
import { socketPair } from '../../helpers/socket-pair.js'

async function readAfter(...pieces: readonly (string | Buffer)[]): Promise<string | undefined> {
  const [near, far] = await socketPair()
  const line = readLine(near, 100)
  for (const piece of pieces) {
    far.write(piece)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  far.end()
  return line
}

const umlaut = Buffer.from('ü')

test.each([
  ['whole', ['a line\n'], 'a line'],
  ['in pieces', ['a ', 'li', 'ne', '\n'], 'a line'],
  ['with a letter in two pieces', [umlaut.subarray(0, 1), umlaut.subarray(1), '\n'], 'ü'],
  ['followed by more', ['a line\nand', ' more\n'], 'a line'],
  ['empty', ['\n'], ''],
  ['as long as may be', [`${'x'.repeat(100)}\n`], 'x'.repeat(100)],
])('a line that comes %s', async (_how, pieces, line) => {
  expect(await readAfter(...pieces)).toBe(line)
})

test.each([
  ['ends before', ['a line']],
  ['sends nothing', []],
  ['sends too much', ['x'.repeat(60), 'x'.repeat(60)]],
])('none from one who %s', async (_what, pieces) => {
  expect(await readAfter(...pieces)).toBeUndefined()
})

test('none from a connection that is reset', async () => {
  const [near, far] = await socketPair()
  const line = readLine(near, 100)
  far.write('half')
  far.resetAndDestroy()
  expect(await line).toBeUndefined()
})
