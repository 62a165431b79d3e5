import { expect, test } from 'vitest'
import { chooseEgressStage } from '../../../../src/pipeline/stages/choose-egress.js'
import { parseTargetStage } from '../../../../src/pipeline/stages/parse-target.js'
import { exchangeOf, policyOf } from '../../../helpers/exchanges.js'

const TOR = { tor: { hops: ['socks5h://127.0.0.1:9050'], tor: true } }
const ALL = { match: ['*'], via: 'tor', anonymous: false }

function asked(target: string, settings: Parameters<typeof policyOf>[1]) {
  const exchange = exchangeOf(`GET http://${target}/`, policyOf([], settings))
  parseTargetStage(exchange)
  return { goesOn: chooseEgressStage(exchange), exchange }
}

test('what a route leads to goes on', () => {
  expect(asked('a.test', {}).goesOn).toBe(true)
  expect(asked('a.test', { upstreams: TOR, route: [ALL] }).goesOn).toBe(true)
})

test('what no route leads to does not leave', () => {
  const { goesOn, exchange } = asked('b.test', { upstreams: TOR, route: [{ ...ALL, match: ['a.test'] }] })
  expect(goesOn).toBe(false)
  expect(exchange).toMatchObject({ plan: 'refuse', error: 'VG_NO_ROUTE', decision: { reason: 'route' } })
})

test('.onion goes into Tor alone', () => {
  expect(asked('x.onion', { upstreams: TOR, route: [ALL] }).goesOn).toBe(true)
  expect(asked('x.onion', {}).exchange).toMatchObject({ plan: 'refuse', error: 'VG_ONION_UNREACHABLE' })
  const untold = { tor: { ...TOR.tor, tor: false } }
  expect(asked('x.onion', { upstreams: untold, route: [ALL] }).goesOn).toBe(false)
})
