import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../../src/config/document-grammar.js'
import { CONFIG_GRAMMAR, FILE_SCHEMA, FILE_SCHEMA_JSON } from '../../../src/config/schema.js'

describe('FILE_SCHEMA_JSON', () => {
  test('is a strict schema of the current draft', () => {
    expect(FILE_SCHEMA_JSON).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
    })
  })

  test('makes no key compulsory but what a rule file, a list, an entry for some hosts, a check or an admin listener cannot be without', () => {
    expect(JSON.stringify(FILE_SCHEMA_JSON)).not.toMatch(/"required":\["(?!(?:path|url|every|match|listen)")/)
  })

  test('describes the notation of the file, not what it becomes', () => {
    expect(at('limits.headTimeout')).toMatchObject({ type: 'string' })
    expect(at('limits.headTimeoutMs')).toBeUndefined()
  })
})

describe('later keys', () => {
  test('are not in the schema: an option that does nothing is worse than an error', () => {
    for (const key of CONFIG_GRAMMAR.laterKeys) expect(at(key)).toBeUndefined()
  })
})

describe('FILE_SCHEMA', () => {
  test('takes an empty configuration apart from what must not be empty', () => {
    expect(FILE_SCHEMA.partial().parse({})).toEqual({})
    expect(FILE_SCHEMA.partial().safeParse({ listen: [] }).success).toBe(false)
    expect(FILE_SCHEMA.partial().safeParse({ clients: { allow: [] } }).success).toBe(false)
    expect(FILE_SCHEMA.partial().parse({ rules: { files: [] } })).toEqual({ rules: { files: [] } })
  })
})

function at(key: string): JsonSchema | undefined {
  return key.split('.').reduce((schema: JsonSchema | undefined, part) => schema?.properties?.[part], FILE_SCHEMA_JSON)
}
