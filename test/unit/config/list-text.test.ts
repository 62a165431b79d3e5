import { describe, expect, test } from 'vitest'
import { CHUNK_BYTES, fileText, type ListText, wholeText } from '../../../src/config/list-text.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
const long = 'line of a list\n'.repeat(CHUNK_BYTES / 10)

async function read(text: ListText): Promise<{ readonly whole: string; readonly longest: number }> {
  let whole = ''
  let longest = 0
  await text.forEachChunk((bytes) => {
    whole += Buffer.from(bytes).toString()
    longest = Math.max(longest, bytes.length)
  })
  return { whole, longest }
}

describe.each([
  ['in a file', (content: string) => fileText(folder.write('t', content), content.length)],
  [
    'in a file, into a buffer that is given',
    (content: string) => fileText(folder.write('u', content), content.length, Buffer.alloc(CHUNK_BYTES)),
  ],
  ['in memory', (content: string) => wholeText(Buffer.from(content))],
])('a text %s', (_where, of) => {
  test.each([
    ['empty', ''],
    ['short', 'a\nb'],
    ['long', long],
  ])('that is %s is read whole, more than once, in pieces', async (_how, content) => {
    const text = of(content)
    expect(text.bytes).toBe(content.length)
    for (let i = 0; i < 2; i++) {
      const { whole, longest } = await read(text)
      expect(whole === content).toBe(true)
      expect(longest).toBeLessThanOrEqual(CHUNK_BYTES)
    }
  })

  test('lets others run between its pieces', async () => {
    let turns = 0
    const count = setInterval(() => turns++, 0)
    await read(of(long.repeat(4)))
    clearInterval(count)
    expect(turns).toBeGreaterThan(0)
  })
})

test('a file that is gone is an error', async () => {
  await expect(read(fileText('/no/such/list', 1))).rejects.toThrow('ENOENT')
})
