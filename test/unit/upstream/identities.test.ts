import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DISGUISES } from '../../../src/http/disguise.js'
import type { IdentityOwner } from '../../../src/policy/isolation.js'
import { ISOLATIONS } from '../../../src/policy/upstream-settings.js'
import {
  createDisguiseFor,
  createIdentities,
  credentialsFrom,
  egressIndexFrom,
} from '../../../src/upstream/identities.js'

const SECRET = Buffer.from('0123456789abcdef')
const OWNER: IdentityOwner = { host: 'www.a.test', family: 0, client: { ip: '192.0.2.1', user: null } }

type Asked = {
  readonly secret: string
  readonly isolation: (typeof ISOLATIONS)[number]
  readonly site: string
  readonly ip: string
  readonly user: string | null
  readonly generation: number
  readonly purpose: string
}

/** Few values of each, so that two of them are often equal in some. */
const ASKED = fc.record<Asked>({
  secret: fc.constantFrom('s', 't'),
  isolation: fc.constantFrom(...ISOLATIONS),
  site: fc.constantFrom('a.test', 'b.test', '192.0.2.1'),
  ip: fc.constantFrom('192.0.2.1', '192.0.2.2'),
  user: fc.constantFrom(null, 'u', '192.0.2.1'),
  generation: fc.nat(2),
  purpose: fc.constantFrom('upstream a', 'upstream b'),
})

function identityOf({ secret, isolation, site, ip, user, generation, purpose }: Asked): string {
  const family = site === '192.0.2.1' ? 4 : 0
  const owner: IdentityOwner = { host: family === 0 ? `www.${site}` : site, family, client: { ip, user } }
  return createIdentities(Buffer.from(secret)).derive(isolation, owner, generation, purpose).toString('hex')
}

/** What the isolation says shall tell identities apart, and nothing else. */
function partsOf({ secret, isolation, site, ip, user, generation, purpose }: Asked): string {
  const whose = isolation === 'user' && user !== null ? { user } : { ip }
  const parts = { site: { site }, client: whose, user: whose, 'site+client': { site, ...whose } }[isolation]
  return JSON.stringify([secret, parts, generation, purpose])
}

test('identities are equal where all is that they are made of, and only there', () => {
  fc.assert(
    fc.property(ASKED, ASKED, (one, other) => {
      expect(identityOf(one) === identityOf(other)).toBe(partsOf(one) === partsOf(other))
      expect(identityOf({ ...one })).toBe(identityOf(one))
    }),
  )
})

const RENEWALS = fc.array(fc.constantFrom(undefined, 'a.test', 'b.test', 'c.test'), { maxLength: 30 })

test('no generation comes twice for a site, here or where it was adopted', () => {
  fc.assert(
    fc.property(RENEWALS, (renewals) => {
      const ours = createIdentities(SECRET)
      const seen = new Map(['a.test', 'b.test', 'c.test'].map((site) => [site, new Set([0])]))
      for (const renewed of renewals) {
        const before = ours.generationOf('a.test')
        ours.renew(renewed)
        for (const [site, generations] of seen) {
          const isMeant = renewed === undefined || renewed === site
          expect(generations.has(ours.generationOf(site))).toBe(!isMeant)
          generations.add(ours.generationOf(site))
        }
        if (renewed !== undefined && renewed !== 'a.test') expect(ours.generationOf('a.test')).toBe(before)
        const theirs = createIdentities(SECRET)
        theirs.adopt(structuredClone(ours.generations))
        for (const site of seen.keys()) expect(theirs.generationOf(site)).toBe(ours.generationOf(site))
        expect(theirs.renew('a.test')).toBe(ours.renew('a.test'))
        seen.get('a.test')?.add(ours.generationOf('a.test'))
      }
    }),
  )
})

describe('identities', () => {
  const derive = (owner: Partial<IdentityOwner>) =>
    createIdentities(SECRET)
      .derive('site', { ...OWNER, ...owner }, 0, 'p')
      .toString('hex')

  test.each<[string, Partial<IdentityOwner>, Partial<IdentityOwner>, boolean]>([
    ['two hosts of one registrable domain', { host: 'a.test' }, { host: 'x.y.a.test' }, true],
    ['two sites below one public suffix', { host: 'a.co.uk' }, { host: 'b.co.uk' }, false],
    ['two tenants of a private suffix', { host: 'a.github.io' }, { host: 'b.github.io' }, false],
    ['two hosts below one onion name', { host: 'a.x.onion' }, { host: 'x.onion' }, false],
    ['two addresses', { host: '192.0.2.1', family: 4 }, { host: '192.0.2.2', family: 4 }, false],
    ['two IPv6 addresses', { host: '2001:db8::1', family: 6 }, { host: '2001:db8::2', family: 6 }, false],
    ['two names without a suffix', { host: 'printer' }, { host: 'scanner' }, false],
  ])('%s: %j and %j, the same: %s', (_title, one, other, isSame) => {
    expect(derive(one) === derive(other)).toBe(isSame)
  })

  test('a request that nobody made has one of its own', () => {
    const { derive: make } = createIdentities(SECRET)
    const { client: _client, ...nobody } = OWNER
    expect(make('client', nobody, 0, 'p')).not.toEqual(make('client', OWNER, 0, 'p'))
  })

  test('more sites than are kept apart: all get new ones', () => {
    const identities = createIdentities(SECRET)
    for (let i = 0; i < 4_096; i++) identities.renew(`${i}.test`)
    expect(identities.generationOf('other.test')).toBe(0)
    expect(identities.renew('last.test')).toBe(4_097)
    expect([identities.generationOf('other.test'), identities.generationOf('0.test')]).toEqual([4_097, 4_097])
    expect(identities.generations.sites).toEqual([])
  })
})

test('credentials are what SOCKS5 takes, and none means to Tor what it does not say', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.boolean(), (octets, isTor) => {
      const { username, password } = credentialsFrom(Buffer.from(octets), isTor)
      expect(username).toMatch(isTor ? /^<torS0X>0$/ : /^[\da-f]{32}$/)
      expect(password).toMatch(isTor ? /^[\da-f]{64}$/ : /^[\da-f]{32}$/)
    }),
  )
})

test('the number of an address is all of the identity', () => {
  expect(egressIndexFrom(Buffer.from('0102ff', 'hex'))).toBe(0x0102ffn)
})

describe('createDisguiseFor', () => {
  const identities = createIdentities(SECRET)
  const disguiseFor = createDisguiseFor(identities)
  const ownerOf = (host: string): IdentityOwner => ({ ...OWNER, host })
  const hosts = Array.from({ length: 200 }, (_, i) => `www.site${i}.test`)

  test('an identity has one browser, whatever host of its site is asked', () => {
    for (const host of hosts) {
      const own = disguiseFor('site', ownerOf(host))
      expect(own).toBeDefined()
      expect(disguiseFor('site', ownerOf(host.replace('www', 'cdn')))).toBe(own)
    }
  })

  test('identities have all of them, the most frequent the most often', () => {
    const counts = new Map(DISGUISES.map((disguise) => [disguise, 0]))
    for (const host of hosts) {
      const own = disguiseFor('site', ownerOf(host))
      if (own !== undefined) counts.set(own, (counts.get(own) ?? 0) + 1)
    }
    expect(counts.size).toBe(DISGUISES.length)
    const [first = 0, ...others] = counts.values()
    expect(others.every((count) => count > 0 && count < first)).toBe(true)
  })

  test('a new identity may have another', () => {
    const before = hosts.map((host) => disguiseFor('site', ownerOf(host)))
    identities.renew('site0.test')
    expect(hosts.slice(1).map((host) => disguiseFor('site', ownerOf(host)))).toEqual(before.slice(1))
    identities.renew(undefined)
    expect(hosts.map((host) => disguiseFor('site', ownerOf(host)))).not.toEqual(before)
  })
})
