import { expect, test } from 'vitest'
import { ProxyError } from '../../../src/errors.js'
import { createEgressGuard } from '../../../src/policy/egress-guard.js'
import { createAddressJudge } from '../../../src/upstream/address-judge.js'

const judge = createAddressJudge({
  guard: createEgressGuard({ allow: [], deny: [] }),
  isOwn: (ip, port) => ip === '127.0.0.1' && port === 3128,
})
const REQUEST = { host: 'a.test', port: 443, family: 0 } as const

test('keeps what the guard lets through, in order', () => {
  expect(judge(REQUEST, ['8.8.8.8', '10.0.0.1', '2606:4700::1'], [])).toEqual(['8.8.8.8', '2606:4700::1'])
})

test('says why nothing is left', () => {
  expect(judge(REQUEST, ['10.0.0.1'], [])).toMatchObject({ code: 'VG_ADDRESS_PROHIBITED', detail: 'private' })
  expect(judge(REQUEST, [], [])).toMatchObject({ code: 'VG_ADDRESS_PROHIBITED' })
})

test('own listeners come before the rules, the rules before the guard', () => {
  const asked: (readonly string[])[] = []
  const blocked = new ProxyError('VG_REQUEST_BLOCKED')
  const admit = (addresses: readonly string[]) => {
    asked.push(addresses)
    return blocked
  }
  expect(judge({ ...REQUEST, port: 3128, admit }, ['127.0.0.1'], [])).toMatchObject({ code: 'VG_PROXY_LOOP' })
  expect(asked).toEqual([])
  expect(judge({ ...REQUEST, admit }, ['10.0.0.1', '8.8.8.8'], [])).toBe(blocked)
  expect(asked).toEqual([['10.0.0.1', '8.8.8.8']])
})
