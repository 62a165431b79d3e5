import { expect, test } from 'vitest'
import { countOne, createCounts, observe, observeAt, requestCountsOf, requestPlace } from '../../src/counts.js'
import { imageOf, sumOf } from '../../src/measures.js'

function counted() {
  const counts = createCounts()
  requestCountsOf(counts, 'http-1')[requestPlace(0, 0, 200)] = 3
  counts.byRule.set('ads', new Map([['block', 2]]))
  countOne(counts.dnsErrors, 'NXDOMAIN')
  countOne(counts.guardRefusals, 'private')
  counts.limits.perClient = 4
  counts.errors.VG_INTERNAL = 1
  observe(counts.requestMs, 7)
  observeAt(counts.connectMs, 'tor', 9)
  Object.assign(counts, { byDefault: 5, bytesFromClient: 6, bytesToClient: 7, logLinesLost: 8, reloadedAt: 9 })
  return counts
}

test('counts survive JSON, as processes send them to each other', () => {
  const counts = counted()
  expect(sumOf([JSON.parse(JSON.stringify(imageOf(counts)))])).toEqual(counts)
})

test('an image holds nothing of what never happened', () => {
  expect(imageOf(createCounts()).requests).toEqual([])
  expect(imageOf(counted()).requests).toEqual([['http-1', [[requestPlace(0, 0, 200), 3]]]])
})

test('the sum of two is twice as much of all but the reload, which the first one tells', () => {
  const other = counted()
  Object.assign(other, { isReloaded: false, reloadedAt: 100 })
  const sum = sumOf([imageOf(counted()), imageOf(other)])
  expect(sum).toMatchObject({ byDefault: 10, bytesFromClient: 12, logLinesLost: 16, isReloaded: true, reloadedAt: 9 })
  expect(sum.requests.get('http-1')?.[requestPlace(0, 0, 200)]).toBe(6)
  expect(sum.byRule.get('ads')?.get('block')).toBe(4)
  expect([sum.limits.perClient, sum.errors.VG_INTERNAL, sum.dnsErrors.get('NXDOMAIN')]).toEqual([8, 2, 2])
  expect([sum.requestMs.buckets[1], sum.requestMs.sumMs]).toEqual([2, 14])
  expect(sum.connectMs.get('tor')?.sumMs).toBe(18)
})
