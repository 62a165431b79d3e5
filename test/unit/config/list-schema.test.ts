import { expect, test } from 'vitest'
import { listName, listSettings } from '../../../src/config/list-schema.js'

const url = 'https://lists.example/ads.txt'

test('what is not written has its default, and durations come out in milliseconds', () => {
  expect(listSettings.parse({ url, refresh: '12h' })).toMatchObject({ url, action: 'block', refresh: 43_200_000 })
})

test.each([
  [{}, 'nothing where text belongs; write { url: https://HOST/PATH }'],
  [{ url: 'ftp://lists.example/' }, 'is no URL of a list; write https://HOST/PATH'],
  [{ url: 'ftp://me:secret@lists.example/' }, 'me:<redacted>@'],
  [{ url, refresh: '10s' }, 'more often than once a minute; write 1m or more, such as 12h'],
  [{ url, sha256: 'abc' }, 'not a SHA-256; write its 64 hexadecimal digits in quotes'],
  [{ url, maxShrink: 2 }, '2 is no share'],
])('%j: %s', (written, message) => {
  expect(
    listSettings
      .safeParse(written)
      .error?.issues.map((issue) => issue.message)
      .join(),
  ).toContain(message)
})

test('a list has a name that may be part of a file name', () => {
  expect(listName.safeParse('ads-1_x').success).toBe(true)
  expect(listName.safeParse('../ads').error?.issues[0]?.message).toContain('is no name of a list')
})
