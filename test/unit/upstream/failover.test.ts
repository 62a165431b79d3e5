import { expect, test } from 'vitest'
import { ProxyError } from '../../../src/errors.js'
import type { DialRequest } from '../../../src/upstream/dial.js'
import { createFailover } from '../../../src/upstream/failover.js'
import type { Member } from '../../../src/upstream/member.js'
import { standInMember, UNAVAILABLE } from '../../helpers/stand-in-members.js'

const REQUEST: DialRequest = { host: 'a.test', port: 443, family: 0 }
const DENIED = new ProxyError('VG_UPSTREAM_DENIED', 'it answered 403')
const TOO_MANY_DIALS = new ProxyError('VG_DIAL_LIMIT')
const CREDENTIALS = new ProxyError('VG_UPSTREAM_CREDENTIALS')

function dialled(members: readonly Member[], now = 0) {
  const outcomes: { error: ProxyError | null; name: string | undefined }[] = []
  const dial = createFailover({ order: () => members, connectTimeoutMs: 9_000, now: () => now })
  const cancel = dial(REQUEST, (error, _socket, { upstream }) => outcomes.push({ error, name: upstream?.name }))
  return { outcomes, cancel, outcome: outcomes[0] }
}

test('the first that connects is taken', () => {
  const [a, b] = [standInMember('a'), standInMember('b')]
  expect(dialled([a, b]).outcomes).toEqual([{ error: null, name: 'a' }])
  expect(b.requests).toEqual([])
})

test.each([UNAVAILABLE, DENIED, CREDENTIALS, TOO_MANY_DIALS])('%s makes it try the next', (error) => {
  const [a, b] = [standInMember('a', error), standInMember('b')]
  expect(dialled([a, b]).outcome).toEqual({ error: null, name: 'b' })
})

test.each([
  'VG_ORIGIN_REFUSED',
  'VG_ORIGIN_UNROUTABLE',
  'VG_ORIGIN_CONNECT_TIMEOUT',
  'VG_DNS_ERROR',
  'VG_REQUEST_BLOCKED',
  'VG_PROXY_LOOP',
] as const)('%s is the answer, and nobody else is asked', (code) => {
  const [a, b] = [standInMember('a', new ProxyError(code)), standInMember('b')]
  expect(dialled([a, b]).outcome).toMatchObject({ error: { code }, name: 'a' })
  expect(b.requests).toEqual([])
})

test('where all fail the one that answered says most', () => {
  const answer = (...errors: readonly ProxyError[]) =>
    dialled(errors.map((error, i) => standInMember(`m${i}`, error))).outcome?.error
  expect(answer(UNAVAILABLE, UNAVAILABLE)).toMatchObject({
    code: 'VG_UPSTREAM_UNAVAILABLE',
    detail: 'm1: it refuses connections',
  })
  expect(answer(UNAVAILABLE, DENIED)).toMatchObject({ code: 'VG_UPSTREAM_DENIED', detail: 'm1: it answered 403' })
  expect(answer(CREDENTIALS, UNAVAILABLE)).toMatchObject({ code: 'VG_UPSTREAM_CREDENTIALS', detail: 'm0' })
})

test('a member twice in the order is tried once, and one that is down after those that are not', () => {
  const [down, a] = [standInMember('down', UNAVAILABLE, false), standInMember('a', UNAVAILABLE)]
  expect(dialled([down, a, down, a]).outcome?.error?.detail).toBe('down: it refuses connections')
  expect([down.requests.length, a.requests.length]).toEqual([1, 1])
})

test('one that never answers is left out while it is down: without anybody the dial fails at once', () => {
  const slow = standInMember('slow', 'silent')
  slow.state.health.fail(0, 0, 'slow', 'silent')
  expect(dialled([slow], 10).outcome?.error).toMatchObject({ code: 'VG_UPSTREAM_UNAVAILABLE', detail: 'all are down' })
  expect(slow.requests).toEqual([])
  // until its time has come
  expect(dialled([slow], 1_000).outcomes).toEqual([])
  expect(slow.requests).toHaveLength(1)
})

test('members share the time that is left', () => {
  const members = ['a', 'b', 'c'].map((name) => standInMember(name, UNAVAILABLE))
  dialled(members)
  expect(members.map(({ requests }) => requests[0]?.timeoutMs)).toEqual([3_000, 4_500, 9_000])
})

test('a cancel ends the attempt under way, and nothing is told after it', () => {
  const [a, b] = [standInMember('a', UNAVAILABLE), standInMember('b', 'silent')]
  const { cancel, outcomes } = dialled([a, b])
  cancel()
  cancel()
  expect([a.cancelled, b.cancelled, outcomes]).toEqual([0, 1, []])
})

test('invariant: it never connects but through a member', () => {
  const none = createFailover({ order: () => [], connectTimeoutMs: 1, now: () => 0 })
  none(REQUEST, (error, socket) => {
    expect([error?.code, socket]).toEqual(['VG_UPSTREAM_UNAVAILABLE', null])
  })
  expect.assertions(1)
})
