import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ATTACKS, type AttackCase } from '../fixtures/attacks.js'
import { type AttackOutcome, type Pace, runAttack } from '../helpers/attack-runner.js'
import { type OpenProxy, startOpenProxy } from '../helpers/open-proxy.js'

let proxy: OpenProxy

beforeAll(async () => {
  proxy = await startOpenProxy('block .blocked.test')
})
afterAll(() => proxy.close())

/** The outcome in the terms of the case, with only those texts that are where they must not be or are not where they must. */
function judged(attack: AttackCase, outcome: AttackOutcome) {
  const origin = proxyless(outcome.originSaw)
  return {
    status: outcome.statuses,
    connection: outcome.connection,
    isLastCut: outcome.isLastCut,
    requests: outcome.requests,
    originMissed: (attack.originSees ?? []).filter((text) => !origin.includes(withoutPort(text))),
    originGot: (attack.originNever ?? []).filter((text) => origin.includes(withoutPort(text))),
    clientMissed: (attack.clientSees ?? []).filter((text) => !outcome.clientSaw.includes(text)),
    clientGot: (attack.clientNever ?? []).filter((text) => outcome.clientSaw.includes(text)),
  }
}

function expected(attack: AttackCase): ReturnType<typeof judged> {
  return {
    status: attack.status,
    connection: attack.stays === true ? 'stays' : 'closed',
    isLastCut: attack.cut === true,
    requests: attack.requests,
    originMissed: [],
    originGot: [],
    clientMissed: [],
    clientGot: [],
  }
}

/** The origin's port differs from run to run. */
function proxyless(text: string): string {
  return text.replace(/127\.0\.0\.1:\d+/g, '127.0.0.1')
}

function withoutPort(text: string): string {
  return text.replaceAll('{O}', '127.0.0.1')
}

describe.each(ATTACKS)('$name ($source)', ({ cases }) => {
  describe.each<Pace>(['whole', 'dripped'])('%s', (pace) => {
    test.each(cases)('$title', async (attack) => {
      const outcome = await runAttack(proxy, attack, pace)
      expect(judged(attack, outcome), `client saw: ${outcome.clientSaw.slice(0, 2_000)}`).toEqual(expected(attack))
    })
  })
})
