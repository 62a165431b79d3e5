import { expect, test } from 'vitest'
import { mergeSettings, type Settings } from '../../../src/config/settings.js'
import { InputError } from '../../../src/errors.js'
import { shownUrl, subscriptionsOf } from '../../../src/subscriptions/subscription.js'

const of = (rules: NonNullable<Settings['rules']>) => subscriptionsOf(mergeSettings({ rules }))

test('every default is in its place', () => {
  expect(of({ lists: { ads: { url: 'https://Lists.test' } }, scope: 'suffix' })).toEqual([
    {
      name: 'ads',
      url: 'https://lists.test/',
      action: 'block',
      scope: 'suffix',
      refreshMs: undefined,
      maxBytes: 67_108_864,
      maxShrink: 0.5,
      sha256: undefined,
      ca: undefined,
    },
  ])
})

test('what is written stays, in the order written', () => {
  const url = 'https://lists.test/a'
  const written = { url, action: 'allow', scope: 'exact', refreshMs: 60_000, maxBytes: 5_000, maxShrink: 0 } as const
  const lists = { b: { ...written, sha256: 'f'.repeat(64), ca: '/ca.pem' }, a: { url } }
  const [first, second] = of({ lists, scope: 'suffix' })
  expect(first).toEqual({ name: 'b', ...lists.b })
  expect(second?.name).toBe('a')
})

test.each([
  ['../etc', { url: 'https://lists.test/' }, 'no name of a list'],
  ['ads', {}, 'its url is none'],
  ['ads', { url: 'ftp://lists.test/' }, 'its url is none'],
])('%s %j: %s', (name, list, message) => {
  expect(() => of({ lists: { [name]: list } })).toThrow(InputError)
  expect(() => of({ lists: { [name]: list } })).toThrow(message)
})

test('a URL is shown without credentials and query', () => {
  expect(shownUrl('https://user:secret@lists.test:8443/a/list.txt?key=abc')).toBe('https://lists.test:8443/a/list.txt')
})
