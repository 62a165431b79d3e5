import { describe, expect, test } from 'vitest'
import { ChunkedBody, type ChunkedOptions } from '../../../src/http/chunked.js'
import { compileHeaderPolicies } from '../../../src/http/header-policy.js'
import { type Pieces, split } from '../../helpers/read-messages.js'

const OPTIONS: ChunkedOptions = {
  decode: false,
  trailerRules: () => compileHeaderPolicies({ profile: 'off', remove: ['x-gone'], perHost: [] }).base.request,
  nominations: 'close, X-Own',
  maxTrailerBytes: 200,
  maxTrailerFields: 4,
}

describe('a chunked body', () => {
  test('goes on as it came, without its extensions', () => {
    const body = '05;a="x;y"\r\nhello\r\n0A\r\n0123456789\r\n0;z\r\n\r\n'
    expect(read(body)).toMatchObject({ out: '05\r\nhello\r\n0A\r\n0123456789\r\n0\r\n\r\n', done: true, broken: '' })
    expect(read(body, { decode: true })).toMatchObject({ out: 'hello0123456789', done: true })
  })

  test('stops at its end and leaves what follows', () => {
    expect(read('1\r\na\r\n0\r\n\r\nGET / HTTP/1.1')).toMatchObject({
      out: '1\r\na\r\n0\r\n\r\n',
      rest: 'GET / HTTP/1.1',
    })
  })

  test('passes slices of what it was given and copies nothing', () => {
    const piece = Buffer.from('5\r\nhello\r\n')
    const out: Buffer[] = []
    new ChunkedBody(OPTIONS).read(piece, 0, out)
    expect(out).toHaveLength(1)
    expect(out[0]?.buffer).toBe(piece.buffer)
  })

  test('filters the trailers like the head', () => {
    const { out } = read('0\r\nA: b\r\nX-Gone: 1\r\nX-Own: 2\r\nHost: c\r\nConnection: d\r\n\r\n', {
      maxTrailerFields: 5,
    })
    expect(out).toBe('0\r\nA: b\r\n\r\n')
  })

  test.each([
    ['G\r\n', 'a chunk size is missing'],
    ['\r\n', 'a chunk size is missing'],
    ['1x\r\n', 'a chunk size is malformed'],
    ['1 \r\n', 'a chunk size is malformed'],
    ['1\n', 'a chunk size is malformed'],
    ['1\ra', 'a chunk size line does not end in CRLF'],
    ['1000000000000\r\n', 'a chunk size is too large'],
    ['1\r\nab', 'chunk data is longer than its size'],
    ['1\r\na\rb', 'chunk data does not end in CRLF'],
    ['1;\r\n', 'a chunk extension is malformed'],
    ['1;a=\r\n', 'a chunk extension is malformed'],
    ['1;a="\r\n', 'a chunk extension is malformed'],
    ['1;a="b"c\r\n', 'a chunk extension is malformed'],
    [`1;${'a'.repeat(4_097)}`, 'chunk extensions are too long'],
    ['0\r\nA b\r\n\r\n', 'the trailers are malformed or too long'],
    ['0\r\nContent-Length: 1\r\n\r\n', 'the trailers are malformed or too long'],
    [`0\r\n${'A: b\r\n'.repeat(5)}\r\n`, 'the trailers are malformed or too long'],
    [`0\r\nA: ${'b'.repeat(200)}\r\n\r\n`, /^the trailers are/],
    ['0\r\nA: b\n', /trailer/],
  ])('breaks at %.40j: %s', (body, why) => {
    expect(read(body).broken).toMatch(why)
    expect(read(body, {}, 'bytes').broken).toMatch(why)
  })

  test('passes on what stood before a fault', () => {
    expect(read('2\r\nab\r\n3\r\ncdX')).toMatchObject({ out: '2\r\nab\r\n3\r\ncdX', broken: '' })
    expect(read('2\r\nab\r\nX').out).toBe('2\r\nab\r\n')
    expect(read('2\r\nab\r\nX', {}, 'bytes').out).toBe('2\r\nab\r\n')
  })

  test('may carry small extensions on every chunk of a long body', () => {
    const body = `${`64;sig=${'a'.repeat(64)}\r\n${'Z'.repeat(100)}\r\n`.repeat(1_000)}0\r\n\r\n`
    expect(read(body, { decode: true })).toMatchObject({ out: 'Z'.repeat(100_000), done: true })
  })
})

function read(body: string, options: Partial<ChunkedOptions> = {}, pieces: Pieces = 'whole') {
  const chunked = new ChunkedBody({ ...OPTIONS, ...options })
  const out: Buffer[] = []
  let read = 0
  for (const piece of split(Buffer.from(body, 'latin1'), pieces)) {
    if (chunked.done || chunked.broken !== '') break
    read += chunked.read(piece, 0, out)
  }
  return {
    out: Buffer.concat(out).toString('latin1'),
    rest: body.slice(read),
    done: chunked.done,
    broken: chunked.broken,
  }
}
