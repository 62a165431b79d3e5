import { describe, expect, test } from 'vitest'
import { CONFIG_GRAMMAR } from '../../../src/config/schema.js'
import { unknownKey } from '../../../src/config/unknown-key.js'
import { TEST_GRAMMAR } from '../../../src/policy-test/test-grammar.js'

describe('unknownKey', () => {
  test.each([
    [[], 'lisen', 'did you mean listen?'],
    [[], 'blockpage', 'did you mean blockPage?'],
    [['limits'], 'head-timeout', 'did you mean headTimeout?'],
    [['limits'], 'head_timeout', 'did you mean headTimeout?'],
    [['egress', 'guard'], 'alow', 'did you mean allow?'],
    [['rules', 'files', 0], 'actoin', 'did you mean action?'],
    [['rules', 'lists', 'ads'], 'maxbytes', 'did you mean maxBytes?'],
    [['headers'], 'perhost', 'did you mean perHost?'],
    [['headers', 'perHost', 0], 'matches', 'did you mean match?'],
    [['rules', 'lists', 'ads'], 'interval', 'here belong url, action, scope, refresh'],
    [[], 'headTimeout', 'write it as limits.headTimeout'],
    [['log'], 'blockStatus', 'write it as rules.blockStatus'],
    [['admin'], 'lisen', 'did you mean listen?'],
    [['log'], 'zzzzzz', 'here belong level, access'],
    [[], '<<', 'merge keys are not read'],
  ])('at %j, %s: %s', (path, key, expected) => {
    expect(unknownKey(CONFIG_GRAMMAR, path, key)).toContain(expected)
  })

  test('says that a key belongs to a later version', () => {
    expect(unknownKey(TEST_GRAMMAR, ['tests', 0], 'client')).toContain('this version does not have this key yet')
  })
})
