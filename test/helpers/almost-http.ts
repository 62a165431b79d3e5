import fc from 'fast-check'

/**
 * Bytes that are nearly HTTP/1.1, as latin1 text: well-formed parts, parts with
 * the faults that two parsers are known to read differently, and then a few
 * faults at random places.
 */

const oneOf = fc.constantFrom

const name = oneOf(
  'X-A',
  'x-b',
  'Accept',
  'Cookie',
  'TE',
  'Trailer',
  'Expect',
  'Keep-Alive',
  'Via',
  'a',
  "!#$%&'*+.^_`|~9",
)
const value = fc.oneof(
  {
    weight: 30,
    arbitrary: oneOf('', 'b', 'a, b', 'x y', 'a\tb', '"q"', 'caf\xe9', '100-continue', 'trailers, deflate', 'close'),
  },
  {
    weight: 1,
    arbitrary: oneOf('a\x00b', 'a\x7f', 'a\x0bb', 'a\rb', 'a\nb', 'a\r\n b', 'a\r\n\tb', '\x01', 'a\r\n', '\x80\xff'),
  },
)
const colon = fc.oneof(
  { weight: 40, arbitrary: oneOf(': ', ':', ':  ', ':\t', ': \t ') },
  { weight: 1, arbitrary: oneOf(' : ', '\t:', '', ' ', ':\x0b', ':\r\n ', '::') },
)
const lineEnd = fc.oneof(
  { weight: 150, arbitrary: oneOf('\r\n') },
  { weight: 3, arbitrary: oneOf(' \r\n', '\t\r\n') },
  { weight: 1, arbitrary: oneOf('\n', '\r', '\r\r\n', '\n\n', '\r\n\r\n', '\x0b\r\n', '\x00\r\n', '') },
)
const anyCase = (text: string) =>
  oneOf(text, text.toLowerCase(), text.toUpperCase(), text.replaceAll('-', '_'), `${text} `, ` ${text}`)

const plainField = fc.tuple(name, colon, value, lineEnd).map((parts) => parts.join(''))
const connectionField = fc
  .tuple(
    oneOf('Connection', 'connection', 'Proxy-Connection'),
    colon,
    fc.oneof(
      { weight: 6, arbitrary: oneOf('keep-alive', 'Keep-Alive, X-A', 'te', 'clos', 'closed', ', ,keep-alive,') },
      {
        weight: 2,
        arbitrary: oneOf('close', 'close, keep-alive', ',close', 'close,', 'close\t, x-a', 'CLOSE', 'upgrade'),
      },
      { weight: 1, arbitrary: oneOf('x;y', '"close"', 'close x', 'x close') },
    ),
    lineEnd,
  )
  .map((parts) => parts.join(''))
const oddField = fc
  .oneof(
    fc.tuple(
      oneOf('Upgrade: websocket', 'Upgrade: h2c', 'Host: b', 'Host: a', 'X-A', 'X A: b', ': b', ' X: y', '\tX: y'),
      lineEnd,
    ),
    fc.tuple(
      anyCase('Content-Length'),
      colon,
      oneOf('0', '3', '5', '05', '+3', '-1', '3, 3', '3,5', '0x3', '3 5', '', '1e1', '99999999999999999999', '3\xa0'),
      lineEnd,
    ),
    fc.tuple(
      anyCase('Transfer-Encoding'),
      colon,
      oneOf(
        'chunked',
        'Chunked',
        'CHUNKED',
        'chunked, chunked',
        'identity',
        'gzip, chunked',
        'chunked, gzip',
        ' chunked',
        'chunked ',
        '\x0bchunked',
        '"chunked"',
        'chunked;q=1',
        'xchunked',
        'chunkedx',
        '',
      ),
      lineEnd,
    ),
  )
  .map((parts) => parts.join(''))

export const fieldLines = fc
  .array(
    fc.oneof(
      { weight: 24, arbitrary: plainField },
      { weight: 6, arbitrary: connectionField },
      { weight: 1, arbitrary: oddField },
    ),
    { maxLength: 5 },
  )
  .map((lines) => lines.join(''))

const extension = fc.oneof(
  { weight: 20, arbitrary: oneOf('') },
  {
    weight: 12,
    arbitrary: oneOf(
      ';a',
      ';a=b',
      ';a="b c"',
      ';a="b\\"c";d',
      ';a="";b=c',
      ';a=b;c=d;e',
      ';a="\\\\"',
      ';~=!',
      ';a="\xe9"',
      ';a="x;y=z"',
      ';a="b,c"',
    ),
  },
  {
    weight: 2,
    arbitrary: oneOf(
      ';',
      ';;a',
      ';=b',
      ';a=',
      ';a=;b',
      '; a',
      ' ;a',
      ';a =b',
      ';a= b',
      ';a="b',
      ';a=b"',
      ';a="b"c',
      ';a="\\',
      ' ',
      '\t',
      'x',
      ';a\x00',
      ';a="\x00"',
      ';a="\x7f"',
      ';a="\\\x01"',
      ';a="\\\t"',
      ';a\n',
      ';a\r',
      ';a="\n"',
      ';a=\xe9',
      ';\xe9',
      ';a="b";',
      ';a@',
      ';a=(',
      ';"a"',
      ';a==b',
      ';a=b=c',
      ',a',
      ';a="\\\xe9"',
      ';a="\t"',
      ';a="b" ',
    ),
  },
)
const size = (length: number) => {
  const hex = length.toString(16)
  return fc.oneof(
    { weight: 40, arbitrary: oneOf(hex, hex.toUpperCase(), `0${hex}`, `000${hex}`) },
    {
      weight: 1,
      arbitrary: oneOf(
        '',
        `0x${hex}`,
        `+${hex}`,
        `-${hex}`,
        ` ${hex}`,
        `${hex} `,
        `${hex}g`,
        'ffffffffffffffff1',
        '10000000000000000',
        `${hex}_`,
        `00000000000000000${hex}`,
      ),
    },
  )
}
const chunk = fc
  .constantFrom('a', 'hello', '0123456789abcdef0', '\r\n', '0\r\n\r\n', '\x00\xff')
  .chain((data) => fc.tuple(size(data.length), extension, lineEnd, fc.constant(data), lineEnd))
  .map((parts) => parts.join(''))
const lastChunk = fc.tuple(size(0), extension, lineEnd).map((parts) => parts.join(''))
const trailers = fc.oneof(
  { weight: 3, arbitrary: oneOf('') },
  { weight: 2, arbitrary: fc.array(plainField, { maxLength: 2 }).map((lines) => lines.join('')) },
)

export const chunkedBody = fc
  .tuple(fc.array(chunk, { maxLength: 3 }), lastChunk, trailers, lineEnd)
  .map(([chunks, last, fields, end]) => `${chunks.join('')}${last}${fields}${end}`)

/** What says how long a body is, and the body. */
export const framedBody = fc.oneof(
  { weight: 4, arbitrary: oneOf({ fields: '', body: '' }) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        oneOf('', 'hello', '0123456789', 'GET http://x/ HTTP/1.1\r\n\r\n'),
        oneOf(0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 1),
      )
      .map(([body, off]) => ({ fields: `Content-Length: ${Math.max(0, body.length + off)}\r\n`, body })),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(oneOf('Transfer-Encoding: chunked\r\n', 'transfer-encoding:CHUNKED\r\n'), chunkedBody)
      .map(([fields, body]) => ({ fields, body })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        oneOf(
          'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
          'Content-Length: 5\r\nContent-Length: 5\r\n',
          'Transfer-Encoding: gzip\r\n',
        ),
        chunkedBody,
      )
      .map(([fields, body]) => ({ fields, body })),
  },
)

const method = fc.oneof(
  { weight: 30, arbitrary: oneOf('GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH', 'M-SEARCH', 'TRACE') },
  { weight: 1, arbitrary: oneOf('CONNECT', 'get', 'G(T', 'FOO', 'PRI', '', ' GET', 'GET\t', 'G', 'GETT', 'HTTP/1.1') },
)
const target = fc.oneof(
  {
    weight: 24,
    arbitrary: oneOf(
      'http://a/',
      'http://a.example:8080/p/q?r=s',
      'http://127.0.0.1/',
      'http://[::1]:80/',
      'http://a',
      'http://a?q',
      'HTTP://A/',
      'ws://a/',
    ),
  },
  {
    weight: 3,
    arbitrary: oneOf(
      '/',
      '*',
      'http://a/#f',
      'http://u:p@a/',
      'http://a@b@c/',
      'http:///p',
      'http:/a',
      'http:a',
      'a:443',
      'http://a/p q',
      'http://a/\x00',
      'http://a/\x7f',
      'http://a/\xe9',
      'http://a/\t',
      'http://a/"<>\\^`{|}[]',
      'https://a/',
      'ftp://a/',
      'urn:x:y',
      '',
      'http://a:0/',
      'http://a:65536/',
      'http://a:x/',
      'http://a:/',
      'http://[::1/',
      'http://[fe80::1%25eth0]/',
      'http://a%00/',
      'http://a\\b/',
      'http://a_b/',
      'http://a b/',
      'http://a/?#',
      '//a/b',
      'http://a/?a#b',
      'h2ttp://a/',
      'http:\\\\a/',
      '?q',
      '.',
      '[::1]:443',
      'a.example:443',
      'http://a;b/',
      'http://a,b/',
      'http://1.2.3/',
      'http://a../',
      'http://b\xfccher/',
    ),
  },
)
const version = fc.oneof(
  { weight: 30, arbitrary: oneOf('HTTP/1.1') },
  { weight: 3, arbitrary: oneOf('HTTP/1.0') },
  {
    weight: 1,
    arbitrary: oneOf(
      'HTTP/1.2',
      'HTTP/2.0',
      'HTTP/0.9',
      'http/1.1',
      'HTTP/1.10',
      'HTTP/01.1',
      'HTTP/1',
      'HTTP/1,1',
      'RTSP/1.0',
      '',
      'HTTP /1.1',
      'ICE/1.0',
    ),
  },
)
const space = fc.oneof(
  { weight: 80, arbitrary: oneOf(' ') },
  { weight: 1, arbitrary: oneOf('  ', '\t', '', '\x0b', '\r', '\n') },
)
const host = fc.oneof(
  { weight: 40, arbitrary: oneOf('Host: a\r\n') },
  {
    weight: 2,
    arbitrary: oneOf(
      '',
      'Host:\r\n',
      'host: a:80\r\n',
      'Host: [::1]\r\n',
      'Host: a b\r\n',
      'Host: a, b\r\n',
      'Host: u@a\r\n',
      'Host: a/\r\n',
      'Host : a\r\n',
    ),
  },
)
const requestMessage = fc
  .record({
    method,
    target,
    version,
    host,
    fields: fieldLines,
    framed: framedBody,
    gaps: fc.tuple(space, space),
    end: lineEnd,
    close: lineEnd,
  })
  .map(({ method, target, version, host, fields, framed, gaps, end, close }) => {
    const line = `${method}${gaps[0]}${target}${gaps[1]}${version}${end}`
    return `${line}${host}${fields}${framed.fields}${close}${framed.body}`
  })

const reason = fc.oneof(
  { weight: 20, arbitrary: oneOf(' OK', ' ', '', ' a\tb', ' caf\xe9', '  OK') },
  { weight: 1, arbitrary: oneOf('\tOK', ' a\x00', ' a\rb', ' a\x7f', 'X', ' a\x0b') },
)
const statusLine = fc
  .tuple(
    fc.oneof(
      { weight: 40, arbitrary: oneOf('HTTP/1.1 ', 'HTTP/1.1 ', 'HTTP/1.0 ') },
      {
        weight: 1,
        arbitrary: oneOf(
          'HTTP/1.1',
          'HTTP/1.1  ',
          'HTTP/1.1\t',
          'HTTP/2.0 ',
          'http/1.1 ',
          'HTTP/1.9 ',
          'ICY ',
          'HTTP/1. ',
          '\r\nHTTP/1.1 ',
          'RTSP/1.0 ',
          'HTTP/0.9 ',
        ),
      },
    ),
    fc.oneof(
      { weight: 14, arbitrary: oneOf('200', '200', '200', '404', '204', '304', '206', '407') },
      { weight: 3, arbitrary: oneOf('100', '103', '101') },
      { weight: 1, arbitrary: oneOf('99', '099', '20', '2000', '2x0', '', '000', '600', '999', '-20') },
    ),
    reason,
    lineEnd,
  )
  .map((parts) => parts.join(''))
const responseMessage = fc
  .tuple(statusLine, fieldLines, framedBody, lineEnd)
  .map(([line, fields, framed, close]) => `${line}${fields}${framed.fields}${close}${framed.body}`)

type Edit = { readonly at: number; readonly removes: number; readonly inserts: string }
const edits = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Edit[]>([]) },
  {
    weight: 2,
    arbitrary: fc.array(
      fc.record({
        at: fc.nat(2_000),
        removes: oneOf(0, 0, 1, 1, 2, 5),
        inserts: fc.oneof(
          oneOf(
            '',
            '\r',
            '\n',
            '\r\n',
            ' ',
            '\t',
            '\x00',
            ':',
            ';',
            ',',
            '"',
            '\\',
            '#',
            '0',
            '1',
            'a',
            '\x7f',
            '\x80',
            '\xff',
            '\r\n ',
            '\x0b',
            '\x0c',
            '=',
          ),
          fc.nat(255).map((code) => String.fromCharCode(code)),
        ),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  },
)

function edited(text: string, list: readonly Edit[]): string {
  let out = text
  for (const { at, removes, inserts } of list) {
    const place = at % (out.length + 1)
    out = out.slice(0, place) + inserts + out.slice(place + removes)
  }
  return out
}

const stream = (message: fc.Arbitrary<string>, gap: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.array(fc.tuple(gap, message), { minLength: 1, maxLength: 3 }), edits)
    .map(([messages, list]) => edited(messages.flat().join(''), list))

const emptyLines = fc.oneof(
  { weight: 60, arbitrary: oneOf('') },
  { weight: 1, arbitrary: oneOf('\r\n', '\r\n\r\n', '\n', '\r', '\r\n\r\n\r\n\r\n\r\n\r\n') },
)

export const almostRequests = stream(requestMessage, emptyLines)
export const almostResponses = stream(responseMessage, emptyLines)
/** Lengths of the pieces that bytes arrive in. */
export const pieceLengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 })
