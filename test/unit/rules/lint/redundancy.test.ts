import { describe, expect, test } from 'vitest'
import { lintRules } from '../../../../src/rules/lint.js'

const lint = (text: string) => lintRules([{ name: 't.rules', text }])
const codes = (text: string) => lint(text).map(({ line, code }) => `${line} ${code}`)

describe('redundancy', () => {
  test.each([
    [
      'block .co.example\nblock a.co.example\nblock *.b.co.example',
      ['2 shadowed', '3 shadowed'],
      'names under a suffix',
    ],
    ['block a.example:8080\nblock a.example', ['1 shadowed'], 'a port of a host that is blocked whole'],
    ['block 10.0.0.0/8\nblock 10.1.0.0/16\nblock 10.1.2.3', ['2 shadowed', '3 shadowed'], 'ranges in a range'],
    ['block a.example/x\nblock .a.example', ['1 shadowed'], 'paths of a host that is blocked whole'],
    ['block ads*.a.example\nblock ads1.a.example', ['2 shadowed'], 'a name that a glob matches'],
    ['block /^ads[0-9]/\nblock ads1.a.example', ['2 shadowed'], 'a name that an expression matches'],
    ['block {a,b}.x.example\nblock .x.example', ['1 shadowed'], 'braces of which every branch is covered'],
    ['block {a.x,b.y}.example\nblock .x.example', [], 'braces of which one branch is covered'],
    ['block! .a.example\nblock b.a.example', ['2 shadowed'], 'a rule under a stronger one of the same action'],
    ['||a.example^$denyallow=b.a.example\n||b.a.example^', [], 'a rule under one that leaves names alone'],
    ['block *.a.example # sub\nblock a.example', [], 'the apex of a rule for subdomains'],
    ['block a.example:80\nblock .a.example:8080', [], 'other ports'],
  ])('%j: %j (%s)', (text, expected) => {
    expect(codes(text)).toEqual(expected)
  })

  test('a block that an allow of its own file beats is told, one that an exception of another file beats is not', () => {
    expect(codes('allow .a.example\nblock b.a.example')).toEqual(['2 overridden'])
    expect(
      lintRules([
        { name: 'list', text: 'b.a.example' },
        { name: 'my.rules', text: 'allow .a.example' },
      ]),
    ).toEqual([])
  })

  test('rules that a badfilter takes back shadow nothing', () => {
    expect(lint('||a.example^\n||a.example^$badfilter\n||b.a.example^')).toEqual([])
  })
})
