import { describe, expect, test } from 'vitest'
import { TEST_GRAMMAR } from '../../../src/policy-test/test-grammar.js'

const { schema, json } = TEST_GRAMMAR
const refusal = (value: unknown) => schema.safeParse(value).error?.issues[0]?.message

describe('a test file', () => {
  test('one target and a list of them are the same', () => {
    const { tests } = schema.parse({
      tests: [
        { expect: 'block', host: 'a' },
        { expect: 'allow', url: ['http://a/'] },
      ],
    })
    expect(tests).toEqual([
      { expect: 'block', host: ['a'] },
      { expect: 'allow', url: ['http://a/'] },
    ])
  })

  test.each([
    [{ tests: [] }, 'no tests; write at least one'],
    [{ tests: [{ expect: 'block' }] }, 'this test names no target; write host: or url:'],
    [{ tests: [{ expect: 'block', host: [] }] }, 'this test names no target'],
    [{ tests: [{ expect: 'deny', host: 'a' }] }, '"deny" is not possible here; write block, allow'],
    [{ tests: [{ expect: 'block', host: 'a', rule: '' }] }, 'an empty rule'],
    [{ rules: 'a.rules', tests: [] }, 'where a list of rule files belongs'],
  ])('%j: %s', (value, message) => {
    expect(refusal(value)).toContain(message)
  })

  test('is described for editors', () => {
    expect(Object.keys(json.properties ?? {})).toEqual(['rules', 'config', 'default', 'scope', 'tests'])
  })
})
