import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { DocumentGrammar, JsonSchema } from '../../../src/config/document-grammar.js'
import { parseDocument } from '../../../src/config/yaml-document.js'
import { InputError } from '../../../src/errors.js'

const schema = z.strictObject({
  name: z.string({ error: 'no name; write one' }).optional(),
  pets: z.array(z.strictObject({ kind: z.enum(['cat', 'dog'], { error: 'no pet; write cat or dog' }) })).optional(),
})
const GRAMMAR = {
  schema,
  json: z.toJSONSchema(schema) as unknown as JsonSchema,
  empty: 'nothing here; write a name',
  example: 'the manual',
  laterKeys: new Set(['pets.age']),
} satisfies DocumentGrammar

const parse = (text: string) => parseDocument(text, 'zoo.yaml', GRAMMAR)
function faultsOf(text: string): string {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
  throw new Error('it was accepted')
}

describe('parseDocument', () => {
  test('reads YAML and JSON, and knows the lines', () => {
    const { value, lineOf } = parse('name: zoo\npets:\n  - kind: cat\n\n  - kind: dog\n')
    expect(value).toEqual({ name: 'zoo', pets: [{ kind: 'cat' }, { kind: 'dog' }] })
    expect([lineOf([]), lineOf(['pets', 0]), lineOf(['pets', 1]), lineOf(['pets', 1, 'kind'])]).toEqual([1, 3, 5, 5])
    expect(parse('{"name":"zoo"}').value).toEqual({ name: 'zoo' })
  })

  test.each([
    ['', 'zoo.yaml:1:1: nothing here; write a name'],
    ['[1]', 'zoo.yaml:1:1: not a map of keys to values; write key: value lines'],
    ['name: [', 'write YAML or JSON, as the manual shows it'],
    ['? [a]\n: x', 'this key is not text; write keys as the manual shows them'],
    ['name: zoo\nname: zoo', 'zoo.yaml:2:1: this key stands here twice; keep one'],
    ['naem: zoo', 'zoo.yaml:1:1: naem: unknown key; did you mean name?'],
    ['name: zoo\npets:\n  - kind: cat\n  - kind: cow', 'zoo.yaml:4:11: pets.2.kind: no pet; write cat or dog'],
    ['pets: [{ kind: cat, age: 3 }]', 'pets.1.age: this version does not have this key yet; take it out'],
    ['pets: [{ kind: cat, knid: 3 }]', 'pets.1.knid: unknown key; did you mean kind?'],
    ['pets: [cat]', 'pets.1: a map of keys belongs here; write the keys of this section below it'],
    ['name: *x', 'write the value out'],
    [`pets: ${'['.repeat(5_000)}`, 'zoo.yaml:1:107: nested more than 100 deep; write fewer levels'],
    [`pets:\n${'- '.repeat(5_000)}a`, 'nested more than 100 deep; write fewer levels'],
  ])('%j: %s', (text, expected) => {
    expect(faultsOf(text)).toContain(expected)
  })

  test.each(['name: *http://me:hunter2@a.test', 'name: !http://me:hunter2@a.test b', 'http://me:hunter2@a.test: 1'])(
    '%s: no password is repeated',
    (text) => {
      expect(faultsOf(text)).not.toContain('hunter2')
    },
  )

  test('names every fault, in order', () => {
    expect(faultsOf('pets: [{ kind: cow }]\nname: 3\n').split('\n')).toHaveLength(2)
  })
})
