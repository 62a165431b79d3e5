import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../src/compile-rules.js'
import { importRules } from '../../src/import/import-rules.js'
import { type CommandResult, runCommand } from '../helpers/run-command.js'
import { createTempFolder } from '../helpers/temp-folder.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const fixtures = join(root, 'test/fixtures/import')
const folder = createTempFolder()

function veilgate(...args: readonly string[]): Promise<CommandResult> {
  return runCommand(process.execPath, [join(root, 'bin/veilgate'), ...args], { cwd: fixtures })
}

/** Files of each tool; what their rules do with some hosts; a part of the report. */
const CASES: readonly {
  readonly from: string
  readonly files: readonly string[]
  readonly blocked: readonly string[]
  readonly allowed: readonly string[]
  readonly report: readonly string[]
}[] = [
  {
    from: 'squid',
    files: ['squid.conf'],
    blocked: ['x.tracker.example', 'ads.example', 'ad7.example', '203.0.113.9'],
    allowed: ['shop.tracker.example', 'x.ads.example', 'social.example', 'none.example'],
    report: [
      'squid.conf:3: who may use the proxy: write it to clients.allow: acl localnet src 192.168.0.0/16',
      'squid.conf:14: which ports are open: --http-ports 80,443,1025-65535: http_access deny !Safe_ports',
      'squid.conf:22: holds at some times only; schedules come later: http_access deny social worktime',
      'squid.conf:26: veilgate keeps no copies: refresh_pattern (2 times)',
    ],
  },
  {
    from: 'privoxy',
    files: ['user.action'],
    blocked: ['x.tracker.example', 'ads.example', 'http://news.example/banner/1.gif'],
    allowed: ['shop.tracker.example', 'news.example', 'x.ads.example'],
    report: ['user.action:10: an action that changes requests or pages is no rule: -filter'],
  },
  {
    from: 'e2guardian',
    files: ['bannedsitelist', 'exceptionsitelist'],
    blocked: ['games.example', 'x.games.example', 'casino.example'],
    allowed: ['chess.games.example', 'none.example'],
    report: [],
  },
  {
    from: 'adguard',
    files: ['AdGuardHome.yaml'],
    blocked: ['tracker.example'],
    allowed: ['shop.tracker.example', 'tv.example'],
    report: [
      'AdGuardHome.yaml:9: $client asks for one client; policy by client comes later: ||tv.example^$client=television',
    ],
  },
  {
    from: 'pihole',
    files: ['whitelist.txt', 'regex.list', 'adlists.list'],
    blocked: ['tracker.example', 'x.tracker.example'],
    allowed: ['shop.tracker.example', 'ad7.example'],
    report: [
      'regex.list:2: the extension ;querytype=AAAA asks for what only a resolver sees: ^ad[0-9]+\\.;querytype=AAAA',
    ],
  },
  {
    from: 'hosts',
    files: ['hosts'],
    blocked: ['tracker.example', 'www.tracker.example'],
    allowed: ['x.tracker.example', 'nas.example'],
    report: ['hosts:3: hosts line with another address: 192.168.0.2 nas.example'],
  },
  {
    from: 'clash',
    files: ['clash.yaml'],
    blocked: ['tracker.example', 'x.tracker.example'],
    allowed: ['shop.tracker.example', 'video.example'],
    report: [
      'clash.yaml:6: chooses a way out, which is no matter of rule files, and blocks nothing: DOMAIN-SUFFIX,video.example,Proxy',
    ],
  },
]

describe('veilgate import', () => {
  test.each(CASES)('$from: rules that lint takes and that decide as the tool did', async (one) => {
    const output = join(folder.path, `${one.from}.rules`)
    const done = await veilgate('import', '--from', one.from, ...one.files, '--output', output)
    expect(done).toMatchObject({ code: 0, stdout: '' })
    for (const line of one.report) expect(done.stderr.split('\n')).toContain(line)

    expect(await veilgate('lint', output)).toMatchObject({ code: 0 })
    const open = ['--allow-private', '--rules', output]
    const check = async (hosts: readonly string[]) =>
      JSON.parse((await veilgate('check', '--json', ...open, ...hosts)).stdout).map(
        ({ target, action }: { target: string; action: string }) => `${action} ${target}`,
      )
    expect(await check(one.blocked)).toEqual(one.blocked.map((host) => `block ${host}`))
    expect(await check(one.allowed)).toEqual(one.allowed.map((host) => `allow ${host}`))
  })

  test('lists to subscribe to stand above the rules, as the configuration takes them', async () => {
    const { stdout } = await veilgate('import', '--from', 'adguard', 'AdGuardHome.yaml')
    expect(stdout).toContain('#     ads: { url: "https://lists.example/ads.txt" }\n')
  })

  test('bad usage is 2, with what to write', async () => {
    expect(await veilgate('import', 'hosts')).toMatchObject({ code: 2, stderr: expect.stringContaining('--from') })
    expect(await veilgate('import', '--from', 'bind', 'hosts')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('squid'),
    })
    expect(await veilgate('import', '--from', 'hosts')).toMatchObject({ code: 2 })
    expect(await veilgate('import', '--from', 'hosts', 'hosts', '--json')).toMatchObject({ code: 2 })
  })
})

const LISTS = join(root, '../shared/lists')
const present = existsSync(LISTS)
if (!present) console.warn(`skipped: real configurations are not at ${LISTS}`)

/** What holds no rule: comments and templates alone, acls that no line uses, lists about headers. */
const EMPTY =
  /configs\/squid-|e2guardian-(?:bannedsitelist|bannedurllist|domainsnobypass|greysitelist|headerregexplist)$/
const REAL = present
  ? [
      ...readdirSync(join(LISTS, 'configs'))
        .filter((name) => /^(?:squid-.*\.conf$|privoxy-|e2guardian-)/.test(name))
        .map((name) => [name.slice(0, name.indexOf('-')), `configs/${name}`] as const),
      ['adguard', 'adblock/blocklistproject-basic-ags.txt'] as const,
      ['adguard', 'adblock/easyprivacy.txt'] as const,
      ['hosts', 'hosts/windowsspyblocker-hosts-spy.txt'] as const,
      ['e2guardian', 'urls/ut1-games.urls'] as const,
    ]
  : []

describe.skipIf(!present)('real configurations', () => {
  test.each(REAL)('%s: %s becomes a rule file without errors', async (from, file) => {
    const output = join(folder.path, `${file.replace('/', '-')}.rules`)
    const done = await veilgate('import', '--from', from, join(LISTS, file), '--output', output)
    if (EMPTY.test(file)) expect(done.code, done.stderr).toBe(1)
    else {
      expect(done.code, done.stderr).toBe(0)
      expect(await veilgate('lint', output)).toMatchObject({ code: 0 })
    }
  })

  // Formats that veilgate reads by itself: every name of the list, and names near it, get the same decision either way.
  test.each([
    ['adguard', 'adblock/blocklistproject-basic-ags.txt'],
    ['adguard', 'adblock/easyprivacy.txt'],
    ['adguard', 'adblock/easylist.txt'],
    ['hosts', 'hosts/anudeep-adservers.hosts.txt'],
  ] as const)('%s: %s decides as the list itself', (from, path) => {
    const file = { name: path, text: readFileSync(join(LISTS, path), 'utf8') }
    const direct = compileRules([file])
    const imported = compileRules([{ name: 'out', text: importRules(from, [file], () => []).text }])
    const names = [...new Set(file.text.match(/[a-z0-9_-]+(?:\.[a-z0-9_-]+)+/g))].filter((_, i) => i % 5 === 0)
    const asked = names.flatMap((name) => [name, `x.${name}`, `x${name}`, name.slice(name.indexOf('.') + 1)])
    const blockedBy = (set: typeof direct) =>
      asked.filter((host) => set.decide({ host, port: 443, family: 0, path: undefined }).action === 'block')
    expect(blockedBy(imported)).toEqual(blockedBy(direct))
    expect(blockedBy(direct).length).toBeGreaterThan(1000)
  })
})
