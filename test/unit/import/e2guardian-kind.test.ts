import { describe, expect, test } from 'vitest'
import { kindFromSetting, kindOf, whyNoList } from '../../../src/import/e2guardian-kind.js'

describe('kindOf', () => {
  test.each([
    ['/etc/e2guardian/lists/bannedsitelist', 'block site'],
    ['localbannedsitelist', 'block! site'],
    ['e2guardian-exceptionsitelist', 'allow site'],
    ['semiexceptionsitelist', 'allow site'],
    ['greyurllist', 'allow url'],
    ['bannedurllist.mine', 'block url'],
    ['bannedregexpurllist', 'block regex'],
    ['exceptionsiteiplist', 'allow address'],
    ['bannedphraselist', undefined],
    ['bannedsslsitelist', undefined],
    ['bannedextensionlist', undefined],
    ['blacklists/ads/domains', 'block site'],
    ['ut1-games.urls', 'block url'],
    ['expressions', 'block regex'],
    ['notes', undefined],
  ])('%s: %s', (name, expected) => {
    const kind = kindOf(name)
    expect(kind && `${kind.level} ${kind.of}`).toBe(expected)
  })
})

describe('kindFromSetting', () => {
  test.each([
    ['bannedsitelist', '/etc/x/bannedsitelist', 'block site /etc/x/bannedsitelist'],
    ['sitelist', 'name=banned,messageno=500,path=__LISTDIR__/bannedsitelist', 'block site lists/bannedsitelist'],
    ['urllist', 'name=localexception,path=/x/u', 'allow! url /x/u'],
    ['regexpboollist', 'name=banned,path=/x/r', 'block regex /x/r'],
    ['ipsitelist', 'name=grey,path=/x/i', 'allow address /x/i'],
    ['sitelist', 'name=nobypass,path=/x/n', undefined],
    ['filterip', '127.0.0.1', undefined],
  ])('%s = %s: %s', (key, value, expected) => {
    const found = kindFromSetting(key, value)
    expect(found && `${found.kind.level} ${found.kind.of} ${found.path}`).toBe(expected)
  })
})

test.each([
  ['weightedphraselist', 'phrases'],
  ['bannedextensionlist', 'types of files'],
  ['headerregexplist', 'changes requests'],
  ['domainsnobypass', 'pass a block'],
  ['bannediplist', 'asks for the client'],
  ['bannedsearchlist', 'searched for'],
  ['greysslsitelist', 'tunnels alone'],
  ['notes.txt', 'its name does not say'],
])('%s is no list of rules: %s', (name, why) => {
  expect(whyNoList(name)).toContain(why)
})
