import { describe, expect, test } from 'vitest'
import { lintRules } from '../../../../src/rules/lint.js'

const lint = (text: string) => lintRules([{ name: 't.rules', text }])
const codes = (text: string) => lint(text).map(({ line, code }) => `${line} ${code}`)

describe('idle allows', () => {
  test.each([
    ['block .a.example\nallow x.example', ['2 allow-nothing'], 'nothing is blocked there'],
    ['block! .a.example\nallow x.a.example', ['2 allow-nothing'], 'a stronger block wins'],
    ['allow a.example\nallow b.example', ['1 allow-nothing'], 'told once where there is no block'],
    ['default block\nallow a.example', [], 'under default block each counts'],
    ['block a.example:80\nallow .example', [], 'something under it is blocked on a port'],
    ['block .a.example\nallow x*.b.a.example', [], 'a glob under a blocked suffix'],
    ['block ad*.a.example\nallow .a.example', [], 'a suffix over a blocked glob'],
    ['block ad*.a.example\nallow b.a.example', ['2 allow-nothing'], 'a name that the glob does not match'],
    ['block 192.0.2.0/24\nallow a.example', [], 'a name whose address may be blocked'],
    ['block 192.0.2.7\nallow 192.0.2.0/24\nallow 10.0.0.0/8', ['3 allow-nothing'], 'ranges apart'],
    ['block a.example/x\nallow a.example', [], 'a host with a blocked path'],
    ['block! .a.example\nallow! b.a.example', [], 'the strongest allow'],
  ])('%j: %j (%s)', (text, expected) => {
    expect(codes(text).filter((finding) => finding.endsWith('allow-nothing'))).toEqual(expected)
  })
})
