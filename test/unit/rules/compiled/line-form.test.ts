import { describe, expect, test } from 'vitest'
import {
  formOf,
  formStrength,
  isRegularName,
  isSameForm,
  type LineForm,
  namePattern,
  regularNameEnd,
} from '../../../../src/rules/compiled/line-form.js'
import { strengthOf } from '../../../../src/rules/decide.js'

describe('a regular name', () => {
  test.each(['a.b', 'ads.example.com', 'x--y.example', '_dmarc.a.example', 'a1.b2', `${'a'.repeat(63)}.example`])(
    '%s',
    (name) => {
      expect(isRegularName(name)).toBe(true)
    },
  )

  test.each([
    ['localhost', 'it has one label'],
    ['localhost.localdomain', 'hosts files mean the machine itself'],
    ['a..b', 'a label is empty'],
    ['.a.b', 'it starts with a dot'],
    ['a.b.', 'it ends with a dot'],
    ['A.b', 'capitals'],
    ['bücher.example', 'not ASCII'],
    ['1.2.3.4', 'an address'],
    ['a.0x7f', 'the last label could be a number'],
    ['32.1.2.3.4.rpz-ip', 'a trigger of RPZ'],
    [`${'a'.repeat(64)}.example`, 'a label of 64 octets'],
    [`${'a.'.repeat(126)}example`, 'more than 253 octets'],
    ['a b.c', 'a space'],
    ['', 'nothing'],
  ])('is not %s: %s', (name) => {
    expect(isRegularName(name)).toBe(false)
  })

  test('ends where its letters end', () => {
    const bytes = new TextEncoder().encode('||ads.example^x')
    expect(regularNameEnd(bytes, 2, bytes.length)).toBe(13)
    expect(regularNameEnd(bytes, 0, bytes.length)).toBe(0)
  })
})

describe('the form of a line', () => {
  test.each([
    ['ads.example', 'ads.example', '', ''],
    ['0.0.0.0 ads.example', 'ads.example', '0.0.0.0 ', ''],
    ['||ads.example^', 'ads.example', '||', '^'],
    ['.ads.example', 'ads.example', '.', ''],
    ['*.ads.example', 'ads.example', '*.', ''],
    ['local-zone: "ads.example" always_nxdomain', 'ads.example', 'local-zone: "', '" always_nxdomain'],
    ["  - '+.ads.example'", 'ads.example', "  - '+.", "'"],
    ['block! .ads.example', 'ads.example', 'block! .', ''],
  ])('%s', (line, name, prefix, suffix) => {
    expect(formOf(line, name)).toEqual({ prefix, suffix })
  })

  test.each([
    ['www.ads.example', 'ads.example', 'the name goes on to the left'],
    ['ads.example.', 'ads.example', 'and to the right'],
    ['ads.example ads.example', 'ads.example', 'it stands twice'],
    ['ADS.example', 'ads.example', 'it is written in another way'],
    ['0.0.0.0 localhost', 'localhost', 'it is no regular name'],
    ['ü ads.example', 'ads.example', 'what is before it is not ASCII'],
    [`${' '.repeat(600)}ads.example`, 'ads.example', 'the line is long'],
  ])('is none for %s: %s', (line, name) => {
    expect(formOf(line, name)).toBeUndefined()
  })

  const form: LineForm = {
    source: 0,
    format: 'plain',
    prefix: '',
    suffix: '',
    action: 'block',
    important: false,
    reach: 'all',
  }

  test('is the same only where all of it is', () => {
    expect(isSameForm(form, { ...form })).toBe(true)
    for (const other of [
      { ...form, source: 1 },
      { ...form, prefix: '.' },
      { ...form, suffix: '^' },
      { ...form, action: 'allow' as const },
      { ...form, important: true },
      { ...form, reach: 'host' as const },
      { ...form, format: 'hosts' as const },
    ]) {
      expect(isSameForm(form, other)).toBe(false)
    }
    expect(isSameForm(undefined, form)).toBe(false)
  })

  test.each(['host', 'all', 'below', 'child'] as const)(
    'gives rules the strength that decide.ts gives them: %s',
    (reach) => {
      const { base, perOctet } = formStrength({ ...form, reach, important: true, action: 'allow' })
      for (const name of ['a.b', 'ads.example.com']) {
        expect(base + perOctet * name.length).toBe(strengthOf('allow', true, namePattern(reach, name)))
      }
    },
  )
})
