import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refusalCloses, renderRefusal } from '../../../src/answers/refusal.js'
import { ERROR_CATALOG, type ErrorCode } from '../../../src/errors.js'
import { blockingRule, parseAnswer, refusalOf } from './refusals.js'

const CODES = Object.keys(ERROR_CATALOG) as ErrorCode[]
const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

describe('refusal', () => {
  test('a blocked document gets the page, not stored, with the rule in Proxy-Status', () => {
    const { statusLine, fields, body } = parseAnswer(renderRefusal(refusalOf()))
    expect(statusLine).toBe('HTTP/1.1 403 Forbidden')
    expect(fields).toMatchObject({
      date: 'Sun, 22 Nov 2026 12:00:00 GMT',
      'content-type': 'text/html; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex',
      'proxy-status': 'veilgate; error=http_request_denied; details="my.rules:3"',
      connection: 'keep-alive',
    })
    expect(fields['content-security-policy']).toContain("default-src 'none'; style-src 'unsafe-inline'")
    expect(fields['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(body).toContain('ads.example.test')
  })

  test.each(CODES)(
    '%s answers with the status and the error of the catalog, and closes as the catalog says',
    (code) => {
      const { status, proxyStatus, closes } = ERROR_CATALOG[code]
      const refusal = refusalOf({ code, status, rule: null, detail: null })
      const { statusLine, fields, body } = parseAnswer(renderRefusal(refusal))
      expect(statusLine).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z][A-Za-z ]+$`))
      expect(fields['proxy-status']).toBe(`veilgate; error=${proxyStatus}`)
      expect(fields.connection).toBe(closes ? 'close' : 'keep-alive')
      expect(refusalCloses(refusal)).toBe(closes)
      expect(fields['content-length']).toBe(String(Buffer.byteLength(body)))
    },
  )

  test('blockStatus 451 shows in the status line and the body', () => {
    const { statusLine, body } = parseAnswer(renderRefusal(refusalOf({ status: 451, secFetchDest: 'empty' })))
    expect(statusLine).toBe('HTTP/1.1 451 Unavailable For Legal Reasons')
    expect(JSON.parse(body)).toMatchObject({ status: 451, title: 'Unavailable For Legal Reasons' })
  })

  test('the answer to HEAD has the fields of GET and no body', () => {
    const get = parseAnswer(renderRefusal(refusalOf({ method: 'GET' })))
    const head = parseAnswer(renderRefusal(refusalOf({ method: 'HEAD' })))
    expect(head.body).toBe('')
    expect(head.fields).toEqual(get.fields)
    expect(Number(head.fields['content-length'])).toBeGreaterThan(0)
  })

  test.each(['VG_CLIENT_LIMIT', 'VG_CONNECTION_LIMIT', 'VG_TUNNEL_LIMIT', 'VG_DIAL_LIMIT'] as const)(
    '%s says when to try again',
    (code) => {
      const { status } = ERROR_CATALOG[code]
      expect(parseAnswer(renderRefusal(refusalOf({ code, status, rule: null }))).fields['retry-after']).toBe('1')
    },
  )

  test('other refusals do not ask to try again', () => {
    expect(parseAnswer(renderRefusal(refusalOf())).fields['retry-after']).toBeUndefined()
  })

  test('a connection that cannot go on is closed though the code would keep it', () => {
    expect(parseAnswer(renderRefusal(refusalOf({ keepAlive: false }))).fields.connection).toBe('close')
  })

  test.each([
    [{ secFetchDest: 'empty' }, 'application/problem+json'],
    [{ method: 'CONNECT', form: 'authority' }, 'text/plain; charset=utf-8'],
    [{ secFetchDest: 'document' }, 'text/html; charset=utf-8'],
  ] as const)('the log is told the media type that was sent: %j %s', (change, expected) => {
    const rendered = renderRefusal(refusalOf(change))
    expect(rendered.contentType).toBe(expected)
    expect(parseAnswer(rendered).fields['content-type']).toBe(expected)
  })

  // invariant: whatever a client or a list wrote, the answer is one head of known fields and a body of the length it states
  test('no input splits the answer or brings markup into the page', () => {
    const wild = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '<script>alert(1)</script>',
        '\r\nSet-Cookie: a=b\r\n\r\n',
        '"><img src=x onerror=1>',
        '\'"`\\',
        '\u202e',
      ),
    )
    fc.assert(
      fc.property(
        wild,
        wild,
        wild,
        wild,
        fc.constantFrom(...CODES),
        fc.constantFrom('GET', 'CONNECT', 'POST'),
        fc.constantFrom('', 'empty', 'document', 'image'),
        (host, url, text, detail, code, method, secFetchDest) => {
          const { status } = ERROR_CATALOG[code]
          const rule = { ...blockingRule, list: text, text, reason: text }
          const blockPage = { title: text, contact: text }
          const answer = renderRefusal(
            refusalOf({ code, status, host, url, detail, rule, method, secFetchDest, blockPage, requestId: text }),
          )
          const { head, fields, body } = parseAnswer(answer)
          expect(head).toMatch(/^[\x20-\x7e\r\n]*$/)
          expect(fields['set-cookie']).toBeUndefined()
          expect(fields['content-length']).toBe(String(Buffer.byteLength(body)))
          if (fields['content-type']?.startsWith('text/html')) {
            const tags = new Set([...body.matchAll(/<([a-z!/][a-z0-9]*)/g)].map(([, tag]) => tag?.replace('/', '')))
            for (const tag of tags) expect(PAGE_TAGS).toContain(tag)
          }
        },
      ),
      { numRuns },
    )
  })

  test('docs/errors.md lists each code with its status, error and what becomes of the connection', () => {
    const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
    for (const code of CODES) {
      const { status, proxyStatus, summary, closes } = ERROR_CATALOG[code]
      const row = `| \`${code}\` | ${status} | \`${proxyStatus}\` | ${summary} | ${closes ? 'closed' : 'kept'} |`
      expect(text).toContain(row)
    }
  })
})

const PAGE_TAGS = ['!doctype', 'html', 'head', 'meta', 'title', 'style', 'body', 'h1', 'dl', 'dt', 'dd', 'code']
