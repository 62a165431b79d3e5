import { expect, test } from 'vitest'
import type { ProxySettings } from '../../../src/policy/upstream-settings.js'
import { createActiveChecks } from '../../../src/upstream/active-checks.js'
import type { Member } from '../../../src/upstream/member.js'
import { standInMember } from '../../helpers/stand-in-members.js'

function probed(name: string, check: ProxySettings['check']) {
  const probes: string[] = []
  let cancelled = 0
  const member: Member = {
    ...standInMember(name),
    probe(target, timeoutMs) {
      probes.push(`${target === undefined ? 'reach' : `${target.host}:${target.port}`} ${timeoutMs}`)
      return () => {
        cancelled++
      }
    },
  }
  const settings: ProxySettings = { hops: [], tor: false, check }
  return { entry: [member, settings] as const, probes, cancelled: () => cancelled }
}

test('asks each in its own rhythm, and those without a check never', () => {
  const a = probed('a', { everyMs: 1_000 })
  const b = probed('b', { everyMs: 3_000, target: 'x.test:443' })
  const c = probed('c', undefined)
  let clock = 0
  const checks = createActiveChecks(
    () => [a.entry, b.entry, c.entry],
    () => 2_000,
    () => clock,
  )
  for (; clock <= 3_000; clock += 500) checks.tick()
  expect(a.probes).toEqual(['reach 1000', 'reach 1000', 'reach 1000', 'reach 1000'])
  expect(b.probes).toEqual(['x.test:443 2000', 'x.test:443 2000'])
  expect(c.probes).toEqual([])
})

test('a reload that keeps the state keeps the rhythm', () => {
  const a = probed('a', { everyMs: 10_000 })
  let members = [a.entry]
  const checks = createActiveChecks(
    () => members,
    () => 1,
    () => 0,
  )
  checks.tick()
  members = [[{ ...a.entry[0] }, a.entry[1]]]
  checks.tick()
  expect(a.probes).toHaveLength(1)
})

test('ends what is under way when it is closed', () => {
  const a = probed('a', { everyMs: 1_000 })
  const checks = createActiveChecks(
    () => [a.entry],
    () => 1,
    () => 0,
  )
  checks.tick()
  checks.close()
  checks.close()
  expect(a.cancelled()).toBe(1)
})
