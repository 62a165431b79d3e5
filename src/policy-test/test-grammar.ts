import { z } from 'zod'
import type { DocumentGrammar, JsonSchema } from '../config/document-grammar.js'
import { choice, list, text } from '../config/schema-parts.js'

const FILE = 'write the path of a rule file'
const TARGET = 'write a host, HOST:PORT or a URL such as http://example.com/page'

const path = text(FILE).min(1, `an empty path; ${FILE}`)
const target = text(TARGET).min(1, `an empty target; ${TARGET}`)
const targets = z
  .union([target.transform((one) => [one]), list(target, 'a list of targets', TARGET)], {
    error: `not a target; ${TARGET}`,
  })
  .describe('One target or a list of them.')

const test = z
  .strictObject(
    {
      name: text('write what is tested').optional().describe('What is tested, for people.'),
      expect: choice(['block', 'allow']).describe('What the proxy shall do.'),
      host: targets.optional(),
      url: targets.optional(),
      rule: text('write a rule, its pattern, FILE:LINE, or default where no rule shall decide')
        .min(1, 'an empty rule; write a rule, its pattern, FILE:LINE, or default')
        .optional()
        .describe('The rule that shall decide: as written, its pattern, FILE:LINE, or default for none.'),
    },
    { error: 'not a test; write { expect: block, host: ads.example }' },
  )
  .refine(({ host, url }) => (host ?? url ?? []).length > 0, {
    error: 'this test names no target; write host: or url:',
  })

const TEST_FILE = z.strictObject({
  rules: list(
    z.union([path, z.strictObject({ path, action: choice(['block', 'allow']).default('block') })], {
      error: `not a rule file; ${FILE}, or { path: FILE, action: allow }`,
    }),
    'a list of rule files',
    'write [my.rules]',
  )
    .optional()
    .describe(
      'Rule files under test, relative to this file. Not set: those of config, else NAME.rules beside NAME.test.yaml.',
    ),
  config: text('write the path of a configuration')
    .min(1, 'an empty path; write the path of a configuration')
    .optional()
    .describe('Configuration under test, relative to this file.'),
  default: choice(['allow', 'block']).optional().describe('Like rules.default of the configuration.'),
  scope: choice(['exact', 'suffix']).optional().describe('Like rules.scope of the configuration.'),
  tests: list(test, 'a list of tests', 'write [{ expect: block, host: ads.example }]').min(
    1,
    'no tests; write at least one, { expect: block, host: ads.example }',
  ),
})

export type TestFileContent = z.output<typeof TEST_FILE>

/** Grammar of `*.test.yaml`; who asks and when joins with policy by client, user and time. */
export const TEST_GRAMMAR = {
  schema: TEST_FILE,
  json: z.toJSONSchema(TEST_FILE, { io: 'input' }) as unknown as JsonSchema,
  empty: 'no tests in this file; write tests: [{ expect: block, host: ads.example }]',
  example: 'veilgate test --help',
  laterKeys: new Set(['tests.client', 'tests.user', 'tests.group', 'tests.at']),
} satisfies DocumentGrammar
