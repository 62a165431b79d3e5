import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import type { ListKind } from '../../../src/import/e2guardian-kind.js'
import { e2guardianLine } from '../../../src/import/e2guardian-line.js'
import { printPattern } from '../../../src/import/print-pattern.js'

function shown(text: string, of: ListKind['of']): string {
  const read = e2guardianLine(text, { level: 'block', of })
  if ('isEverything' in read) return 'everything'
  if ('reason' in read) return `? ${read.reason}`
  return `${printPattern(read.pattern)?.join(' ')}${read.note === undefined ? '' : ' (in part)'}`
}

describe('e2guardianLine', () => {
  test.each<[string, ListKind['of'], string]>([
    ['ads.example', 'site', '.ads.example'],
    ['www.ads.example # why', 'site', '.ads.example'],
    ['.gov', 'site', '.gov'],
    ['192.0.2.1', 'site', '192.0.2.1'],
    ['**', 'site', 'everything'],
    ['**s', 'site', '? blankets for tunnels alone have no form here'],
    ['ads.example/banner', 'url', '.ads.example/banner'],
    ['http://www.ads.example/banner', 'url', '.ads.example/banner'],
    ['192.0.2.1/banner', 'url', '192.0.2.1/banner'],
    ['192.0.2.1/24', 'url', '{http://192.0.2.1/24,http://192.0.2.1/24/**}'],
    ['192.0.2.0/24', 'address', '192.0.2.0/24'],
    ['192.0.2.1-192.0.2.9', 'address', '? write the range as a prefix, 192.0.2.0/24'],
    ['casino', 'regex', '/casino/ (in part)'],
    ['^https?://ads\\.example/', 'regex', 'ads.example'],
  ])('%s in a list of kind %s: %s', (text, of, expected) => {
    expect(shown(text, of)).toBe(expected)
  })

  test('says why a site is none', () => {
    expect(shown('a..b', 'site')).toMatch(/^\? .*not a valid host name/)
  })

  test('*ip is about addresses that are written, not about those that DNS answers', () => {
    const set = compileRules([{ name: 'f', text: `block ${shown('*ip', 'site')}` }])
    const blocked = ['192.0.2.1', '[2001:db8::1]', '1.2.3.example'].filter(
      (host) => set.decide(host).action === 'block',
    )
    expect(blocked).toEqual(['192.0.2.1', '[2001:db8::1]'])
    expect(set.hasAddressRules).toBe(false)
  })
})
