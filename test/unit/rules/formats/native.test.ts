import { describe, expect, test } from 'vitest'
import { parseNative } from '../../../../src/rules/formats/native.js'
import { shown } from './lines.js'

describe('native lines', () => {
  test.each([
    ['block a.example', 'block a.example'],
    ['block\t.a.example', 'block .a.example'],
    ['block! *.a.example', 'block! *.a.example'],
    ['allow a.example:8080', 'allow a.example:8080'],
    ['allow! 192.0.2.0/24', 'allow! 192.0.2.0/24'],
    ['block ad{s,server}*.x', 'block {glob(ads*.x),glob(adserver*.x)}'],
    ['block http://*.a.example/b/**', 'block url(*.a.example /b/**)'],
    ['block a.example/b', 'block url(a.example /b)'],
    ['block /^ads?[.]/', 'block /^ads?[.]/'],
    ['block ||a.example^', 'block .a.example'],
    ['allow ||a.example^$important', 'allow! .a.example'],
    ['default block', 'default block'],
    ['default allow', 'default allow'],
    ['include lists/easy privacy.txt', 'include lists/easy privacy.txt'],
    ['include a.txt as allow', 'include a.txt allow'],
    ['include a.txt as block', 'include a.txt block'],
    ['include a.txt as deny', 'problem 18: syntax'],
    ['default deny', 'problem 9: syntax'],
    ['block a.example b.example', 'problem 16: syntax'],
    ['block @@||a.example^', 'problem 7: syntax'],
    ['allow !a.example', 'problem 7: syntax'],
    ['block a..b', 'problem 7: invalid-name'],
    ['block /(?=a)b/', 'problem 8: syntax'],
    ['block ||a..b^', 'problem 9: invalid-name'],
    ['block', 'problem 1: syntax'],
    ['allow!', 'problem 1: syntax'],
    ['default', 'problem 1: syntax'],
    ['include', 'problem 1: syntax'],
    ['block # only a reason', 'problem 7: syntax'],
    ['Block a.example', 'not this format'],
    ['blocked a.example', 'not this format'],
    ['disallow a.example', 'not this format'],
  ])('%s → %s', (line, expected) => {
    expect(shown(parseNative(line))).toBe(expected)
  })
})
