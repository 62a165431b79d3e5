import { describe, expect, test } from 'vitest'
import { plainText } from '../../../src/answers/plain-text.js'
import { blockingRule, refusalOf } from './refusals.js'

describe('plain text of a refusal', () => {
  test('tells the same as the block page, a line each', () => {
    expect(plainText(refusalOf({ method: 'CONNECT', form: 'authority' }))).toBe(
      'veilgate: a rule blocks this target\nhost: ads.example.test\nrule: my.rules:3  block .example.test  # tracking\n' +
        'to allow it: allow ads.example.test\ncontact: admin@example.test\nrequest: 01H-abc (VG_REQUEST_BLOCKED)\n',
    )
  })

  test('names what the host is an alias of where the rule is about that', () => {
    expect(plainText(refusalOf({ cname: 'x.tracker.test' }))).toContain(
      'host: ads.example.test\nalias of: x.tracker.test\nrule: my.rules:3',
    )
  })

  test('a malformed request is answered in one line that repeats nothing of it', () => {
    const text = plainText(
      refusalOf({ code: 'VG_REQUEST_MALFORMED', detail: '<raw>', host: '<raw>', requestId: '<raw>' }),
    )
    expect(text).toBe('veilgate: the request cannot be parsed\n')
  })

  test('a rule cannot add lines or escape sequences', () => {
    const rule = { ...blockingRule, text: 'block x\r\nrequest: fake\x1b[31m', reason: undefined }
    const text = plainText(refusalOf({ rule }))
    expect(text).toContain('rule: my.rules:3  block x??request: fake?[31m\n')
  })
})
