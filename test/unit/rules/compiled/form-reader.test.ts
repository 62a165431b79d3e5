import { describe, expect, test } from 'vitest'
import { createFormReader } from '../../../../src/rules/compiled/form-reader.js'

function read(reader: ReturnType<typeof createFormReader>, text: string, start = 0) {
  const bytes = new TextEncoder().encode(text)
  const form = reader.read(bytes, start, bytes.length)
  return form === -1
    ? undefined
    : { form, name: text.slice(reader.nameStart, reader.nameEnd), end: reader.lineEnd - start }
}

describe('lines in a known form', () => {
  const reader = createFormReader()
  reader.add({ prefix: '||', suffix: '^' }, 3)
  reader.add({ prefix: '0.0.0.0 ', suffix: '' }, 5)

  test.each([
    ['||ads.example^\nnext', { form: 3, name: 'ads.example', end: 14 }],
    ['||ads.example^\r\n', { form: 3, name: 'ads.example', end: 15 }],
    ['0.0.0.0 ads.example\n', { form: 5, name: 'ads.example', end: 19 }],
    ['||x.example^\n', { form: 3, name: 'x.example', end: 12 }],
  ])('%j', (text, expected) => {
    expect(read(reader, text)).toEqual(expected)
    expect(read(reader, `\n${text}`, 1)).toEqual(expected)
  })

  test.each([
    ['||ads.example^', 'it has not ended yet'],
    ['||ads.example^\r', 'its line feed is still to come'],
    ['||ads.example^$important\n', 'it says more'],
    ['||ads.example\n', 'it says less'],
    ['|ads.example^\n', 'another prefix'],
    ['||ads..example^\n', 'no regular name'],
    ['||^\n', 'no name'],
    ['0.0.0.0 a.example b.example\n', 'two names'],
    ['0.0.0.0 localhost\n', 'a name that is parsed'],
    ['||ads.example^\rx\n', 'a return in the middle'],
    ['', 'nothing'],
  ])('are not %j: %s', (text) => {
    expect(read(reader, text)).toBeUndefined()
  })
})
