import { describe, expect, test } from 'vitest'
import { problemJson } from '../../../src/answers/problem-json.js'
import { refusalOf } from './refusals.js'

describe('problem+json', () => {
  test('has the members of RFC 9457 and host, rule and remedy', () => {
    expect(JSON.parse(problemJson(refusalOf()))).toEqual({
      type: 'urn:veilgate:error:VG_REQUEST_BLOCKED',
      title: 'Forbidden',
      status: 403,
      detail: 'a rule blocks this target',
      instance: 'urn:veilgate:request:01H-abc',
      host: 'ads.example.test',
      rule: { list: 'my.rules', line: 3, text: 'block .example.test', reason: 'tracking' },
      remedy: 'allow ads.example.test',
    })
  })

  test('a failure carries its detail and no rule', () => {
    const problem = JSON.parse(
      problemJson(refusalOf({ code: 'VG_DNS_ERROR', status: 502, rule: null, detail: 'NXDOMAIN' })),
    )
    expect(problem).toMatchObject({ detail: 'the name does not resolve: NXDOMAIN', rule: null, remedy: null })
  })

  test('says nothing of the query', () => {
    expect(problemJson(refusalOf())).not.toContain('secret')
  })
})
