import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../../../src/compile-rules.js'
import { readAccess } from '../../../../src/import/squid/access.js'
import { readAcls } from '../../../../src/import/squid/acl.js'
import { readDirectives } from '../../../../src/import/squid/directives.js'
import { importSquid } from '../../../../src/import/squid.js'
import { fileOf, findIn, ruleLines } from '../../../helpers/imported-rules.js'

const ACLS = [
  'acl localnet src 192.0.2.0/24',
  'acl auth proxy_auth REQUIRED',
  'acl night time 0:00-6:00',
  'acl Safe_ports port 80 443',
  'acl smtp port 25',
  'acl good dstdomain .good.example',
  'acl bad dstdomain .bad.example',
]

function read(...lines: readonly string[]) {
  const file = fileOf('squid.conf', ...ACLS, ...lines.map((line) => `http_access ${line}`))
  const directives = readDirectives(file, findIn())
  const { drafts, defaultAction, skipped } = readAccess(directives, readAcls(directives, findIn()).acls)
  return {
    rules: [...drafts.map(({ action, text }) => `${action} ${text}`), `default ${defaultAction}`],
    skipped: skipped.map(({ reason, text }) => `${text}: ${reason}`),
  }
}

describe('readAccess', () => {
  test.each([
    ['a blocklist', ['deny bad', 'allow localnet', 'deny all'], ['block .bad.example', 'default allow']],
    ['an allowlist', ['allow good', 'deny all'], ['allow .good.example', 'default block']],
    ['without a last line the opposite of it', ['allow good'], ['allow .good.example', 'default block']],
    ['and the other way round', ['deny bad'], ['block .bad.example', 'default allow']],
    ['nothing behind a line for all', ['deny bad', 'allow all', 'deny good'], ['block .bad.example', 'default allow']],
    ['all but some', ['deny !good', 'allow localnet', 'deny all'], ['allow .good.example', 'default block']],
    [
      'all but some, less others',
      ['deny !good', 'deny bad', 'allow all'],
      ['block .bad.example', 'allow .good.example', 'default block'],
    ],
    ['some are let through but others', ['allow localnet !bad', 'deny all'], ['block .bad.example', 'default allow']],
    [
      'some but others',
      ['deny bad !good', 'allow all'],
      ['allow .good.example', 'block .bad.example', 'default allow'],
    ],
    ['a port', ['deny smtp', 'allow all'], ['block 25', 'default allow']],
    ['some on a port', ['deny bad smtp', 'allow all'], ['block .bad.example', 'default allow']],
  ])('%s', (_, lines, expected) => {
    expect(read(...lines).rules).toEqual(expected)
  })

  test('reports who is served, users, ports and times, and what has no form', () => {
    const { skipped } = read(
      'allow localhost manager',
      'deny manager',
      'deny !Safe_ports',
      'deny CONNECT !Safe_ports',
      'deny CONNECT bad',
      'deny to_localhost',
      'deny night bad',
      'deny good bad',
      'deny nowhere',
      'allow localnet auth',
      'deny all',
    )
    expect(skipped.toSorted()).toEqual(
      [
        'http_access allow localhost manager: pages of Squid itself, which veilgate does not have',
        'http_access deny manager: pages of Squid itself, which veilgate does not have',
        'http_access deny !Safe_ports: which ports are open: --http-ports 80,443',
        'http_access deny CONNECT !Safe_ports: which ports are open: --connect-ports 80,443',
        'http_access deny CONNECT bad: asks for method, which rules do not see',
        'http_access deny to_localhost: the egress guard refuses these addresses already',
        'http_access deny night bad: holds at some times only; schedules come later',
        'http_access deny good bad: several conditions together have no form here',
        'http_access deny nowhere: there is no acl nowhere',
        'acl localnet src 192.0.2.0/24: who may use the proxy: write it to clients.allow',
        'acl auth proxy_auth REQUIRED: users come later: until then clients.allow alone says who may use the proxy',
      ].toSorted(),
    )
  })

  test('old configurations declare what is built in now', () => {
    const file = fileOf(
      'squid.conf',
      'acl all src all',
      'acl manager proto cache_object',
      'acl localhost src 127.0.0.1/32',
      'acl CONNECT method CONNECT',
      'acl bad dstdomain .bad.example',
      'http_access allow manager localhost',
      'http_access deny bad',
      'http_access allow localhost',
      'http_access deny all',
    )
    expect(importSquid([file], findIn()).defaultAction).toBe('allow')
    expect(ruleLines(importSquid([file], findIn()))).toEqual(['block .bad.example # acl bad'])
  })

  test('a few clients who may go anywhere open nothing for the others', () => {
    const { rules, skipped } = read('allow good', 'allow auth', 'deny all')
    expect(rules).toEqual(['allow .good.example', 'default block'])
    expect(skipped).toEqual(['http_access allow auth: asks who the client is; policy by client comes later'])
  })

  test('who is served is never among the others', () => {
    const { rules, skipped } = read('deny !auth', 'deny bad', 'allow auth', 'deny all')
    expect(rules).toEqual(['block .bad.example', 'default allow'])
    expect(skipped).toHaveLength(1)
  })

  test('an exception inside of lines that decide otherwise is reported', () => {
    expect(read('deny !good', 'allow bad', 'deny all').skipped).toEqual([
      'http_access deny !good: an exception inside of lines that decide otherwise has no form here',
    ])
  })

  test('without http_access there is no default', () => {
    expect(read().rules).toEqual(['default undefined'])
  })

  // Squid's answer for any host, by its own order of lines, is that of the imported rules.
  test('decides as Squid does where nothing is reported', () => {
    const names = ['a', 'b', 'a.b', 'b.b', 'a.a.b', 'b.a.b']
    const acl = fc.record({ suffix: fc.boolean(), name: fc.constantFrom(...names) })
    const negated = fc.record({ of: fc.nat(3), not: fc.boolean() })
    const line = fc.record({
      action: fc.constantFrom('allow', 'deny'),
      acls: fc.array(negated, { maxLength: 2 }),
    })
    let compared = 0
    fc.assert(
      fc.property(
        fc.array(acl, { minLength: 4, maxLength: 4 }),
        fc.array(line, { minLength: 1, maxLength: 6 }),
        (acls, lines) => {
          const text = [
            ...acls.map(({ suffix, name }, i) => `acl x${i} dstdomain ${suffix ? '.' : ''}${name}`),
            ...lines.map((one) => {
              const words = one.acls.map(({ of, not }) => `${not ? '!' : ''}x${of}`)
              return `http_access ${one.action} ${words.length === 0 ? 'all' : words.join(' ')}`
            }),
          ]
          const imported = importSquid([fileOf('squid.conf', ...text)], findIn())
          if (imported.skipped.some(({ reason }) => !reason.startsWith('no http_access line'))) return
          const set = compileRules([
            { name: 'f', text: `# some\n${ruleLines(imported).join('\n') || 'default allow'}` },
          ])
          for (const host of [...names, 'c', 'c.b']) {
            const holds = ({ of, not }: { of: number; not: boolean }) => {
              const { suffix = false, name = '' } = acls[of] ?? {}
              return (host === name || (suffix && host.endsWith(`.${name}`))) !== not
            }
            const first = lines.find((one) => one.acls.every(holds))?.action
            const squid = first ?? (lines.at(-1)?.action === 'allow' ? 'deny' : 'allow')
            expect(set.decide(host).action).toBe(squid === 'deny' ? 'block' : 'allow')
            compared++
          }
        },
      ),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 100) * 5 },
    )
    expect(compared).toBeGreaterThan(100)
  })
})
