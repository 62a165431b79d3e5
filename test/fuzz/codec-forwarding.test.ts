import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HEADER_CATALOG } from '../../src/http/header-catalog.js'
import { refererFor } from '../../src/http/referer.js'
import { siteOf as siteOfHost } from '../../src/http/site.js'
import { chunkedBody, pieceLengths } from '../helpers/almost-http.js'
import { forwardRequest } from '../helpers/forward-head.js'
import { createRequestOracle } from '../helpers/node-parser.js'
import { type Pieces, readRequests } from '../helpers/read-messages.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 300)
const oracle = createRequestOracle()

const anyCase = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) => [...text].map((c, i) => (upper[i] ? c.toUpperCase() : c)).join(''))
const STANDARD = HEADER_CATALOG.filter(
  ({ group, act }) => ['proxy', 'always', 'carrier', 'standard'].includes(group) && act === 'removed',
)
const catalogued = fc.constantFrom(...STANDARD.map(({ name }) => name.replace('*', 'abc'))).chain(anyCase)
const plain = fc
  .constantFrom('Accept', 'X-Mine', 'x-other', 'Cookie', 'User-Agent', 'X-Nominated', 'x-chosen')
  .chain(anyCase)
const value = fc.constantFrom('', 'a', 'a, b', '"q"', 'caf\xe9', 'a\tb')
const field = fc
  .oneof({ weight: 2, arbitrary: plain }, { weight: 1, arbitrary: catalogued })
  .chain((name) => value.map((v) => `${name}: ${v}`))
const connection = fc
  .tuple(
    fc.constantFrom('Connection', 'connection', 'CONNECTION', 'Proxy-Connection'),
    fc.array(fc.oneof(fc.constantFrom('close', 'keep-alive', '', 'Host', 'Content-Length'), plain), { maxLength: 4 }),
    fc.constantFrom(',', ', ', ' , ', ',\t', ',,'),
  )
  .map(([name, options, comma]) => `${name}: ${options.join(comma)}`)
const fieldLines = fc.array(fc.oneof({ weight: 4, arbitrary: field }, { weight: 1, arbitrary: connection }), {
  maxLength: 12,
})
const requestHead = fc
  .tuple(fieldLines, fc.nat(12), fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'), fc.boolean())
  .map(([lines, at, version, hasHost]) => {
    const all =
      hasHost || version === 'HTTP/1.1' ? lines.toSpliced(at % (lines.length + 1), 0, 'hOst: evil.test') : lines
    return [`GET http://o.test/p ${version}`, ...all].map((line) => `${line}\r\n`).join('')
  })

describe('the head that goes to the origin', () => {
  test('has what stays in its order and case, nothing of the catalogue and nothing that Connection nominates', () => {
    fc.assert(
      fc.property(requestHead, (head) => {
        const lines = head.split('\r\n').slice(1, -1)
        const nominated = new Set(
          lines
            .filter((line) => /^(proxy-)?connection:/i.test(line))
            .flatMap((line) =>
              textOf(line)
                .toLowerCase()
                .split(/[\s,]+/),
            ),
        )
        const isGone = (name: string) =>
          /^(proxy-.*|connection|keep-alive)$/.test(name) ||
          isCatalogued(name) ||
          (nominated.has(name) && name !== 'host' && name !== 'content-length')
        const expected = lines
          .filter((line) => !isGone(nameOf(line)))
          .map((line) => (nameOf(line) === 'host' ? 'hOst: o.test' : line))
        const forwarded = forwardRequest(head)
        if (!lines.some((line) => nameOf(line) === 'host')) expected.unshift('Host: o.test')
        expect(forwarded.lines).toEqual(expected)
      }),
      { numRuns },
    )
  })

  test('reads the same to our parser and to the one of Node, with exactly one Host: the target', async () => {
    await fc.assert(
      fc.asyncProperty(requestHead, async (head) => {
        const { text = '' } = forwardRequest(head)
        const ours = readRequests(text)
        const node = await oracle.read(Buffer.from(text, 'latin1'))
        expect(ours).toMatchObject({ end: 'clean', messages: [{ start: 'GET /p 1' }] })
        expect(node).toMatchObject({
          end: 'clean',
          messages: [{ start: 'GET /p 1', fields: ours.messages[0]?.fields }],
        })
        expect(ours.messages[0]?.fields.filter(([name]) => name.toLowerCase() === 'host').map(([, v]) => v)).toEqual([
          'o.test',
        ])
      }),
      { numRuns },
    )
  })
})

describe('a chunked body that goes on', () => {
  const HEAD =
    'POST http://o.test/p HTTP/1.1\r\nHost: o.test\r\nConnection: X-Nominated\r\nTransfer-Encoding: chunked\r\n\r\n'
  const body = fc.oneof(
    chunkedBody,
    fc
      .tuple(fc.constantFrom('5;a=b\r\nhello\r\n', '1;q="x;\\"y"\r\n;\r\n', '3\r\n\r\n;\r\n'), fieldLines)
      .map(([chunk, trailers]) => `${chunk}0;z\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`),
  )
  const passedOn = (bytes: string, pieces: Pieces) => readRequests(HEAD + bytes, { keepsFraming: true, pieces })

  test('decodes to the same octets, without extensions, and with the trailers that may go on', async () => {
    await fc.assert(
      fc.asyncProperty(body, pieceLengths, async (text, pieces) => {
        const through = passedOn(text, pieces)
        fc.pre(through.end === 'clean')
        const framed = through.messages[0]?.body ?? ''
        const before = await oracle.read(Buffer.from(HEAD + text, 'latin1'))
        const after = await oracle.read(Buffer.from(HEAD + framed, 'latin1'))
        expect(after.end).toBe('clean')
        expect(after.messages.map((m) => m.body)).toEqual(before.messages.map((m) => m.body))
        expect(sizeLines(framed).filter((line) => !/^[0-9a-f]+$/i.test(line))).toEqual([])
        const kept = before.messages[0]?.trailers.filter(([name]) => mayTrail(name.toLowerCase()))
        expect(after.messages[0]?.trailers).toEqual(kept)
      }),
      { numRuns },
    )
  })

  test('goes on the same in whatever pieces it arrives, and decoded where asked', () => {
    fc.assert(
      fc.property(body, pieceLengths, (text, pieces) => {
        const whole = passedOn(text, 'whole')
        expect(passedOn(text, pieces)).toMatchObject({ messages: whole.messages, end: whole.end })
        expect(passedOn(text, 'bytes')).toMatchObject({ messages: whole.messages, end: whole.end })
        fc.pre(whole.end === 'clean')
        const framed = whole.messages[0]?.body ?? ''
        expect(readRequests(HEAD + framed).messages[0]?.body).toBe(readRequests(HEAD + text).messages[0]?.body)
      }),
      { numRuns },
    )
  })
})

describe('a Referer', () => {
  const host = fc.constantFrom(
    'o.test',
    'a.o.test',
    'b.test',
    'b.co.uk',
    'c.co.uk',
    '127.0.0.1',
    '[::1]',
    'localhost',
    'O.test',
    'o.test.evil.test',
  )
  const rest = fc.oneof(
    fc.constantFrom(
      '',
      '/',
      '/secret',
      '?secret',
      '#secret',
      '/a@b/secret',
      '\\secret',
      ' secret',
      ':80/secret',
      ':secret/',
    ),
    fc.string(),
  )
  const referer = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('http://', 'https://', 'HTTP://', '//', 'x', 'http:', 'javascript://', '/secret://', 'a b://'),
        fc.constantFrom('', 'secret@', 'u:secret@'),
        host,
        rest,
      )
      .map((parts) => parts.join('')),
    fc.string(),
  )

  test('tells another site no more than the origin it came from', () => {
    fc.assert(
      fc.property(referer, host, (sent, target) => {
        const told = refererFor(sent, { host: target, site: siteOfHost(target) }, false) ?? sent
        const isOwnPath = /^\/(?!\/)/.test(told)
        const isOrigin = /^[a-z][a-z0-9+.-]*:\/\/(\[[0-9a-f:.]+\]|[\w.-]+)(:\d+)?\/$/i.test(told)
        const isWithinSite =
          siteOf(/^[a-z]+:\/\/(?:[^/?#]*@)?(\[[0-9a-f:]+\]|[^/?#:]*)/i.exec(told)?.[1] ?? '') === siteOf(target)
        expect([told === '', told === 'about:blank', isOwnPath, isOrigin, isWithinSite]).toContain(true)
      }),
      {
        numRuns: numRuns * 5,
        examples: [
          ['//evil.test/secret://x', 'o.test'],
          ['http://b.test secret', 'o.test'],
          ['http://o.test\\secret', 'o.test'],
        ],
      },
    )
  })
})

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(':')).toLowerCase()
}

function textOf(line: string): string {
  return line.slice(line.indexOf(':') + 1)
}

function isCatalogued(name: string): boolean {
  return STANDARD.some((row) => (row.name.endsWith('*') ? name.startsWith(row.name.slice(0, -1)) : row.name === name))
}

/** The table of the reader in these tests is that of the profile `off` for trailers. */
function mayTrail(name: string): boolean {
  return ![
    'host',
    'te',
    'trailer',
    'expect',
    'cookie',
    'keep-alive',
    'connection',
    'proxy-connection',
    'upgrade',
    'content-length',
    'transfer-encoding',
    'x-nominated',
  ].includes(name)
}

/** The lines of a chunked body that state a size, by reading it as RFC 9112 §7.1.3 does. */
function sizeLines(framed: string): string[] {
  const out: string[] = []
  for (let at = 0; ; ) {
    const end = framed.indexOf('\r\n', at)
    const line = framed.slice(at, end)
    out.push(line)
    const size = Number.parseInt(line, 16)
    if (!(size > 0)) return out
    at = end + 2 + size + 2
  }
}

/** The registrable domain of the hosts in this test. */
function siteOf(host: string): string {
  const labels = host.toLowerCase().replace(/\.$/, '').split('.')
  if (host.startsWith('[') || /^[\d.]+$/.test(host)) return host
  return labels.slice(labels.at(-1) === 'uk' ? -3 : -2).join('.')
}
