import { describe, expect, test } from 'vitest'
import { chooseRepresentation, isMalformed } from '../../../src/answers/representation.js'
import { refusalOf } from './refusals.js'

const CHROME = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'

describe('representation of a refusal', () => {
  test.each([
    [CHROME, 'document', 'html', 'a page in a browser'],
    [CHROME, 'iframe', 'html', 'a frame in a browser'],
    ['*/*', '', 'html', 'curl'],
    ['', '', 'html', 'a client that states nothing'],
    ['text/*', '', 'html', 'any text'],
    ['*/*', 'empty', 'problem', 'fetch() in a browser'],
    ['application/json', '', 'problem', 'a JSON client'],
    ['application/json, text/plain, */*', '', 'problem', 'a JSON client with fallbacks'],
    ['application/problem+json', '', 'problem', 'a client of RFC 9457'],
    ['text/html, application/json;q=0.5', '', 'html', 'html preferred by weight'],
    ['text/html;q=0.5, application/json', '', 'problem', 'json preferred by weight'],
    ['application/json;q=0, */*', '', 'html', 'json refused'],
    ['image/avif,image/webp,*/*;q=0.8', 'image', 'text', 'an image'],
    ['*/*', 'script', 'text', 'a script'],
    ['text/css', 'style', 'text', 'a style sheet'],
    ['text/plain', '', 'text', 'plain text only'],
    ['text/html;q=0', '', 'text', 'html refused'],
    ['text/html;q=nonsense', '', 'text', 'a weight that is none'],
  ])('Accept %j and Sec-Fetch-Dest %j: %s (%s)', (accept, secFetchDest, expected) => {
    expect(chooseRepresentation(refusalOf({ accept, secFetchDest }))).toBe(expected)
  })

  test('a CONNECT refusal is text whatever it accepts', () => {
    expect(chooseRepresentation(refusalOf({ method: 'CONNECT', form: 'authority', accept: CHROME }))).toBe('text')
  })

  test('a malformed request is text whatever it accepts', () => {
    expect(chooseRepresentation(refusalOf({ code: 'VG_FRAMING_CONFLICT', accept: 'application/json' }))).toBe('text')
    expect(chooseRepresentation(refusalOf({ form: 'origin', accept: CHROME }))).toBe('text')
  })

  test('only faults of the request itself are malformed', () => {
    expect(isMalformed('VG_TARGET_MALFORMED')).toBe(true)
    expect(isMalformed('VG_REQUEST_BLOCKED')).toBe(false)
  })
})
