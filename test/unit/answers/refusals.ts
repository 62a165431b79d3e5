import { expect } from 'vitest'
import type { RenderedRefusal } from '../../../src/answers/refusal.js'
import type { Refusal } from '../../../src/answers/refusal-data.js'
import type { RuleMatch } from '../../../src/rules/rule.js'

export const blockingRule: RuleMatch = {
  action: 'block',
  level: 'block',
  list: 'my.rules',
  line: 3,
  text: 'block .example.test',
  reason: 'tracking',
}

/** A blocked GET of a document, with changes. */
export function refusalOf(change: Partial<Refusal> = {}): Refusal {
  return {
    code: 'VG_REQUEST_BLOCKED',
    status: 403,
    detail: null,
    rule: blockingRule,
    method: 'GET',
    form: 'absolute',
    host: 'ads.example.test',
    url: 'http://ads.example.test/banner?uid=secret',
    accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    secFetchDest: 'document',
    requestId: '01H-abc',
    date: 'Sun, 22 Nov 2026 12:00:00 GMT',
    keepAlive: true,
    httpMinor: 1,
    blockPage: { title: 'Blocked', contact: 'admin@example.test' },
    ...change,
  }
}

/** The parts of one answer; field names in lower case. */
export function parseAnswer(answer: Buffer | RenderedRefusal) {
  const bytes = Buffer.isBuffer(answer) ? answer : Buffer.from(answer.text, 'utf8')
  if (!Buffer.isBuffer(answer)) expect(bytes).toHaveLength(answer.bytes)
  const end = bytes.indexOf('\r\n\r\n')
  const head = bytes.subarray(0, end).toString('latin1')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const fields: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(': ')
    fields[line.slice(0, colon).toLowerCase()] = line.slice(colon + 2)
  }
  return { head, statusLine, fields, body: bytes.subarray(end + 4).toString('utf8') }
}
