import { describe, expect, test } from 'vitest'
import { parseAnswer, parseRequest, toLine } from '../../../src/control/protocol.js'

const problem = { file: 'rules.lists', line: 0, column: 0, message: 'there is no list x', fix: 'name one' }

describe('what is written reads back', () => {
  test.each([[{ command: 'lists' }], [{ command: 'lists update', names: ['a'], acceptShrink: true }]])(
    'request %j',
    (request) => {
      expect(toLine(request)).toMatch(/^[^\n]+\n$/)
      expect(parseRequest(toLine(request))).toEqual(request)
    },
  )

  test.each([
    [{ ok: true, result: [{ name: 'a\nb' }] }],
    [{ ok: false, error: 'it could not' }],
    [{ ok: false, problems: [problem] }],
  ] as const)('answer %j', (answer) => {
    expect(toLine(answer)).toMatch(/^[^\n]+\n$/)
    expect(parseAnswer(toLine(answer))).toEqual(answer)
  })
})

test.each(['', 'lists', '[]', 'null', '{}', '{"command":5}', '{"command":"lists"'])('%j is no request', (line) => {
  expect(parseRequest(line)).toBeUndefined()
})

test.each(['', '[]', '{}', '{"ok":1}', '{"ok":false}', '{"ok":false,"error":5}', '{"ok":false,"problems":[{}]}', '{'])(
  '%j is no answer',
  (line) => {
    expect(parseAnswer(line)).toBeUndefined()
  },
)
