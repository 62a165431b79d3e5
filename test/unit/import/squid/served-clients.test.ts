import { describe, expect, test } from 'vitest'
import type { Acl } from '../../../../src/import/squid/acl.js'
import { servedClients } from '../../../../src/import/squid/served-clients.js'

const who: Acl = { kind: 'who', type: 'src', values: [] }
const targets: Acl = { kind: 'targets', entries: [] }
const ACLS = new Map<string, Acl>([
  ['all', { kind: 'everything' }],
  ['localhost', who],
  ['localnet', who],
  ['admins', who],
  ['vpn', who],
  ['good', targets],
  ['bad', targets],
  ['night', { kind: 'unknown', type: 'time' }],
])

function served(...lines: readonly string[]): string[] {
  const parsed = lines.map((line) => {
    const [action, ...names] = line.split(' ')
    return { action: action === 'allow' ? ('allow' as const) : ('block' as const), names }
  })
  return [...servedClients(parsed, ACLS)]
}

describe('servedClients', () => {
  test.each([
    ['the usual end', ['deny bad', 'allow localnet', 'allow localhost', 'deny all'], ['localnet', 'localhost']],
    ['several networks', ['deny bad', 'allow localnet', 'allow vpn', 'deny all'], ['localnet', 'vpn']],
    ['a few who may go anywhere', ['allow admins', 'deny bad', 'allow localnet', 'deny all'], ['localnet']],
    ['an exception above a block', ['allow good', 'deny bad', 'allow localnet', 'deny all'], ['localnet']],
    ['an allowlist for all', ['allow good', 'allow localhost', 'deny all'], []],
    ['an allowlist for some', ['allow localnet good', 'deny all'], ['localnet']],
    [
      'an allowlist for some, and the machine itself',
      ['allow localnet good', 'allow localhost', 'deny all'],
      ['localnet'],
    ],
    ['an allowlist, and a few who may go anywhere', ['allow good', 'allow admins', 'deny all'], []],
    ['two allowlists for two', ['allow localnet good', 'allow vpn good', 'deny all'], []],
    ['times', ['allow localnet night', 'deny all'], []],
    ['nobody', ['deny all'], []],
    ['no end', ['deny bad', 'allow localnet'], ['localnet']],
  ])('%s', (_, lines, expected) => {
    expect(served(...lines)).toEqual(expected)
  })
})
