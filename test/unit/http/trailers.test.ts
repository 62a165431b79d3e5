import { describe, expect, test } from 'vitest'
import { compileHeaderPolicies } from '../../../src/http/header-policy.js'
import { keptTrailers } from '../../../src/http/trailers.js'
import { PLAIN_RULES } from '../../helpers/read-messages.js'

const { request } = compileHeaderPolicies({ profile: 'standard', perHost: [] }).base
const { request: strict } = compileHeaderPolicies({ profile: 'strict', perHost: [] }).base

describe('keptTrailers', () => {
  test('keeps order, case and spacing of what goes on', () => {
    expect(keptTrailers('x-Sum:  1\r\nA:\tb \r\n', 4, request, '')).toBe('x-Sum:  1\r\nA:\tb \r\n')
    expect(keptTrailers('', 4, request, '')).toBe('')
  })

  test.each([
    ['Connection', 'belongs to this connection'],
    ['Keep-Alive', 'belongs to this connection'],
    ['TE', 'belongs to this connection'],
    ['Proxy-Authorization', 'belongs to this connection'],
    ['X-Forwarded-For', 'names the client'],
    ['X-UIDH', 'names the client'],
    ['Host', 'routes'],
    ['Authorization', 'authenticates'],
    ['Set-Cookie', 'authenticates'],
    ['Content-Type', 'says what the content is'],
    ['Content-Encoding', 'says what the content is'],
    ['Trailer', 'frames'],
    ['Cache-Control', 'controls'],
    ['X-Nominated', 'is nominated by Connection'],
  ])('leaves out %s, which %s', (name) => {
    expect(keptTrailers(`A: b\r\n${name}: x\r\nC: d\r\n`, 4, request, 'close,x-nominated')).toBe('A: b\r\nC: d\r\n')
  })

  test.each(['Content-Length: 5', 'transfer-encoding: chunked', 'A : b', ' A: b', 'A', 'A: \0', 'A: b\rC: d'])(
    'refuses %j',
    (line) => {
      expect(keptTrailers(`A: b\r\n${line}\r\n`, 4, PLAIN_RULES, '')).toBeUndefined()
    },
  )

  test('leaves out what the profile would replace: a trailer is no place to say it again', () => {
    const lines = 'A: b\r\nUser-Agent: x\r\nAccept-Language: y\r\nIf-None-Match: z\r\n'
    expect(keptTrailers(lines, 4, strict, '')).toBe('A: b\r\n')
    expect(keptTrailers(lines, 4, PLAIN_RULES, '')).toBe(lines)
  })

  test('refuses more fields than allowed', () => {
    expect(keptTrailers('A: b\r\n'.repeat(5), 4, request, '')).toBeUndefined()
  })
})
