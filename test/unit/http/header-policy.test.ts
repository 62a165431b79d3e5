import { describe, expect, test } from 'vitest'
import { compileHeaderPolicy, type HeaderOptions } from '../../../src/http/header-policy.js'
import { forwardRequest, forwardResponse } from '../../helpers/forward-head.js'

const OFF: HeaderOptions = { profile: 'off', keep: [], remove: [], set: {} }
const request = (...fields: string[]) =>
  ['GET http://o.test/ HTTP/1.1', 'Host: o.test', ...fields].map((line) => `${line}\r\n`).join('')
const lines = (options: Partial<HeaderOptions>, ...fields: string[]) =>
  forwardRequest(request(...fields), options).lines.slice(1)

describe('compileHeaderPolicy', () => {
  test('off takes out only what belongs to the connection and to proxies', () => {
    expect(lines({ profile: 'off' }, 'Via: x', 'From: y', 'Proxy-Anything: z', 'Keep-Alive: 1')).toEqual([
      'Via: x',
      'From: y',
    ])
  })

  test('remove acts in every profile, on requests and responses, in any case and by prefix', () => {
    for (const profile of ['off', 'standard'] as const) {
      expect(lines({ profile, remove: ['X-A', 'y-*'] }, 'x-a: 1', 'Y-B: 2', 'y: 3')).toEqual(['y: 3'])
      expect(
        forwardResponse('HTTP/1.1 200 OK\r\nETag: "a"\r\nServer: b\r\n', { profile, remove: ['etag'] }).lines,
      ).toEqual(['Server: b'])
    }
  })

  test('keep spares a name from the profile, also from a prefix and from special treatment', () => {
    const keep = ['VIA', 'x-amobee-1', 'Referer', 'X-Requested-With']
    const fields = ['Via: x', 'X-Amobee-1: y', 'Referer: http://b.test/secret', 'X-Requested-With: com.app']
    expect(lines({ keep }, ...fields, 'X-Amobee-2: z')).toEqual(fields)
    expect(compileHeaderPolicy({ ...OFF, profile: 'standard', keep })).toMatchObject({
      trimsReferer: false,
      hidesApp: false,
    })
  })

  test('remove beats keep', () => {
    expect(lines({ keep: ['x-a'], remove: ['x-a'] }, 'X-A: 1')).toEqual([])
  })

  test('set replaces every field of the name, or adds one, and leaves responses alone', () => {
    expect(lines({ profile: 'off', set: { 'X-A': 'new' } }, 'x-a: 1', 'B: 2', 'X-a: 3')).toEqual(['B: 2', 'X-A: new'])
    expect(forwardResponse('HTTP/1.1 200 OK\r\nX-A: 1\r\n', { set: { 'X-A': 'new' } }).lines).toEqual(['X-A: 1'])
  })

  test('nothing takes away or adds what frames and routes a message', () => {
    const options = { remove: ['host', 'Content-Length'], set: { Host: 'evil.test', 'Transfer-Encoding': 'chunked' } }
    expect(forwardRequest(request('Content-Length: 3'), options).lines).toEqual(['Host: o.test', 'Content-Length: 3'])
  })

  test('only off leaves Referer and X-Requested-With alone', () => {
    expect(compileHeaderPolicy(OFF)).toMatchObject({ trimsReferer: false, hidesApp: false, added: '' })
    expect(compileHeaderPolicy({ ...OFF, profile: 'standard' })).toMatchObject({ trimsReferer: true, hidesApp: true })
  })
})
