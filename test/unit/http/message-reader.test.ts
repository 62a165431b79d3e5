import { describe, expect, test } from 'vitest'
import { createFieldTable, FIELD_ENTRY_SHIFT } from '../../../src/http/field-table.js'
import { fieldCode } from '../../../src/http/head-fields.js'
import { BODY, BROKEN, createRequestReader, END, HEAD, NEED_DATA } from '../../../src/http/message-reader.js'
import { createRequestHead } from '../../../src/http/request-head.js'
import { FRAMING_ATTACKS, HEAD_ATTACKS, RESPONSE_ATTACKS, TARGET_ATTACKS } from '../../fixtures/attack-messages.js'
import type { CodecCase } from '../../fixtures/codec-case.js'
import * as requests from '../../fixtures/llhttp-requests.js'
import * as responses from '../../fixtures/llhttp-responses.js'
import { answerDisagreement, disagreement } from '../../helpers/disagreement.js'
import { createRequestOracle, readResponseWithNode } from '../../helpers/node-parser.js'
import {
  LIMITS,
  PLAIN_RULES,
  PLAIN_TABLE,
  type Reading,
  readRequests,
  readResponses,
} from '../../helpers/read-messages.js'

const REQUESTS: readonly CodecCase[] = [...Object.values(requests).flat(), ...FRAMING_ATTACKS, ...HEAD_ATTACKS]
const RESPONSES: readonly CodecCase[] = [...Object.values(responses).flat(), ...RESPONSE_ATTACKS]

describe('requests', () => {
  test.each(REQUESTS)('$title: $end', async ({ bytes, reads, end }) => {
    expect(outcome(readRequests(bytes))).toEqual({ reads, end })
    expect(outcome(readRequests(bytes, { pieces: 'bytes' }))).toEqual({ reads, end })
    const node = await createRequestOracle().read(Buffer.from(bytes, 'latin1'))
    expect(disagreement(readRequests(bytes), node, bytes)).toBeUndefined()
  })
})

describe('targets', () => {
  test.each(TARGET_ATTACKS)('$title: $end', async ({ bytes, reads, end }) => {
    expect(outcome(readRequests(bytes, { judgesTargets: true }))).toEqual({ reads, end })
    const node = await createRequestOracle().read(Buffer.from(bytes, 'latin1'))
    expect(disagreement(readRequests(bytes, { judgesTargets: true }), node, bytes)).toBeUndefined()
  })
})

describe('responses', () => {
  test.each(RESPONSES)('$title: $end', async ({ bytes, reads, end, methods = ['GET'] }) => {
    expect(outcome(readResponses(bytes, methods))).toEqual({ reads, end })
    expect(outcome(readResponses(bytes, methods, { pieces: 'bytes' }))).toEqual({ reads, end })
    const node = await readResponseWithNode(Buffer.from(bytes, 'latin1'), methods[0] ?? 'GET')
    expect(answerDisagreement(readResponses(bytes, methods), node, bytes)).toBeUndefined()
  })
})

describe('limits', () => {
  const limits = { headBytes: 200, headFields: 4, uriBytes: 100 }

  test.each([
    [`GET /${'u'.repeat(100)} HTTP/1.1\r\nHost: a\r\n\r\n`, 'VG_URI_TOO_LONG'],
    [`GET /${'u'.repeat(300)} HTTP/1.1\r\nHost: a\r\n\r\n`, 'VG_URI_TOO_LONG'],
    [`GET /${'u'.repeat(300)}`, 'VG_URI_TOO_LONG'],
    [`GET / HTTP/1.1\r\nHost: a\r\nA: ${'v'.repeat(200)}\r\n\r\n`, 'VG_HEAD_TOO_LARGE'],
    [`GET / HTTP/1.1\r\nHost: a\r\nA: ${'v'.repeat(200)}`, 'VG_HEAD_TOO_LARGE'],
    [`GET / HTTP/1.1\r\nHost: a\r\n${'A: b\r\n'.repeat(4)}\r\n`, 'VG_HEAD_TOO_LARGE more than 4 fields'],
    ['GET / HTTP/1.1\nHost', 'VG_REQUEST_MALFORMED this is not an HTTP/1.1 request'],
  ])('%.50j: %s', (bytes, why) => {
    expect(readRequests(bytes, { limits })).toMatchObject({ end: 'refused', why })
    expect(readRequests(bytes, { limits, pieces: 'bytes' })).toMatchObject({ end: 'refused', why })
  })

  test('a head of exactly the limit is read', () => {
    const start = 'GET / HTTP/1.1\r\nHost: a\r\nA: '
    const bytes = `${start}${'v'.repeat(200 - start.length - 4)}\r\n\r\n`
    expect(readRequests(bytes, { limits })).toMatchObject({ end: 'clean' })
    expect(readRequests(bytes.replace('v', 'vv'), { limits })).toMatchObject({ end: 'refused' })
  })

  test('what cannot become a request is refused at once, not at a time-out', () => {
    for (const bytes of [
      '\x16',
      '\x05\x01',
      '\0',
      'GET /\0',
      'GET /\r\n',
      'SSH-2.0-x\r\n',
      'GET / HTTP/1.1\rX',
      '\r\r',
    ]) {
      expect(readRequests(bytes, { finishes: false })).toMatchObject({ end: 'refused' })
    }
  })

  test('a response that is too large says so', () => {
    expect(readResponses(`HTTP/1.1 200 ${'r'.repeat(300)}`, ['GET'], { limits })).toMatchObject({
      end: 'refused',
      why: 'the response head is too large',
    })
  })
})

describe('the reader', () => {
  const requestReader = () =>
    createRequestReader(
      createRequestHead(LIMITS),
      LIMITS,
      () => PLAIN_TABLE,
      () => PLAIN_RULES,
    )

  test('reads nothing ahead: a second request waits until the first was taken to its end', () => {
    const reader = requestReader()
    reader.receive(
      Buffer.from('POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nokGET /2 HTTP/1.1\r\nHost: a\r\n\r\n'),
    )
    expect([reader.isIdle, reader.isInBody]).toEqual([false, false])
    expect(reader.next()).toBe(HEAD)
    expect([reader.head.target, reader.isInBody]).toEqual(['/1', true])
    expect(reader.next()).toBe(BODY)
    expect([Buffer.concat(reader.pieces).toString(), reader.isInBody, reader.isIdle]).toEqual(['ok', false, false])
    expect(reader.next()).toBe(END)
    expect([reader.head.target, reader.unread]).toEqual(['/1', 28])
    expect(reader.next()).toBe(HEAD)
    expect(reader.head.target).toBe('/2')
    expect(reader.next()).toBe(END)
    expect([reader.next(), reader.isIdle, reader.unread]).toEqual([NEED_DATA, true, 0])
  })

  test('hands over a body as slices of what arrived', () => {
    const reader = requestReader()
    reader.receive(Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n'))
    reader.next()
    const piece = Buffer.from('abc')
    reader.receive(piece)
    expect([reader.next(), reader.pieces[0] === piece]).toEqual([BODY, true])
  })

  test('gives back what was not read, for a tunnel', () => {
    const reader = requestReader()
    reader.receive(Buffer.from('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n\x16\x03'))
    expect(reader.next()).toBe(HEAD)
    expect(reader.takeUnread().toString('latin1')).toBe('\x16\x03')
    expect([reader.unread, reader.takeUnread().length]).toEqual([0, 0])
  })

  test('tells an end between two messages from one within', () => {
    const reader = requestReader()
    expect(reader.finish()).toBe(NEED_DATA)
    reader.receive(Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n'))
    expect(reader.finish()).toBe(BROKEN)
    reader.next()
    expect(reader.finish()).toBe(BROKEN)
  })

  test('stays broken', () => {
    const reader = requestReader()
    reader.receive(Buffer.from('\0'))
    expect(reader.next()).toBe(BROKEN)
    reader.receive(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
    expect([reader.next(), reader.finish()]).toEqual([BROKEN, BROKEN])
  })

  test('asks for the table at each message, so that a reload reaches open connections', () => {
    let table = PLAIN_TABLE
    const reader = createRequestReader(
      createRequestHead(LIMITS),
      LIMITS,
      () => table,
      () => PLAIN_RULES,
    )
    const request = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n\r\n')
    const codeOfSecond = () => {
      reader.receive(request)
      reader.next()
      const code = fieldCode(reader.head.fields, 1)
      reader.next()
      return code
    }
    expect(codeOfSecond()).toBe(0)
    table = createFieldTable(['x-a'])
    expect(table.names[codeOfSecond() >>> FIELD_ENTRY_SHIFT]).toBe('x-a')
  })

  test('may share its head with others: a body needs nothing of it any more', () => {
    const head = createRequestHead(LIMITS)
    const [one, other] = [
      createRequestReader(
        head,
        LIMITS,
        () => PLAIN_TABLE,
        () => PLAIN_RULES,
      ),
      createRequestReader(
        head,
        LIMITS,
        () => PLAIN_TABLE,
        () => PLAIN_RULES,
      ),
    ]
    one.receive(Buffer.from('POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET'))
    one.next()
    other.receive(Buffer.from('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n'))
    other.next()
    expect([one.next(), Buffer.concat(one.pieces).toString(), one.next()]).toEqual([BODY, 'abc', END])
  })

  test('takes the answers to HEAD and GET by the method at the time they arrive', () => {
    const bytes = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
    expect(readResponses(bytes, ['HEAD', 'GET']).messages.map(({ body }) => body)).toEqual(['', 'ok'])
  })

  test('passes a chunked body on with its framing unless it is told to take that off', () => {
    const bytes = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n0\r\nA: b\r\n\r\n'
    expect(readResponses(bytes, ['GET'], { keepsFraming: true }).messages[0]?.body).toBe('2\r\nok\r\n0\r\nA: b\r\n\r\n')
    expect(readResponses(bytes).messages[0]?.body).toBe('ok')
  })
})

function outcome({ messages, end }: Reading): Pick<CodecCase, 'reads' | 'end'> {
  return { reads: messages.map(({ start, body }) => [start, body] as const), end }
}
