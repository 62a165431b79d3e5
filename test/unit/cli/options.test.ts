import { resolve } from 'node:path'
import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { addStartOptions, closeOptionalValues, type StartOptions, toSettings } from '../../../src/cli/options.js'

function createCommand(): Command {
  return addStartOptions(new Command('start').argument('[targets...]'))
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
}

function parse(...words: string[]): { readonly options: StartOptions; readonly targets: readonly string[] } {
  const command = createCommand().parse(closeOptionalValues(words), { from: 'user' })
  return { options: command.opts<StartOptions>(), targets: command.args }
}

const file = (name: string, action: string) => ({ name, path: name === '-' ? name : resolve(name), action })

/** Each option: the words, the setting that it makes, then a value that is refused and why (flags have none). */
const OPTIONS: readonly (readonly [
  flag: string,
  words: readonly string[],
  setting: string,
  becomes: unknown,
  wrong: string,
  why: string,
])[] = [
  ['--workers', ['--workers', 'auto'], 'workers', 'auto', '1.5', 'Not a number of processes; write 1 to 256, or auto'],
  [
    '--rules',
    ['--rules', 'a', '--rules', '-'],
    'rules.files',
    [file('a', 'block'), file('-', 'block')],
    '--json',
    'looks like the next option',
  ],
  ['--block', ['--block', 'a'], 'rules.files', [file('a', 'block')], '--json', 'looks like the next option'],
  ['--allow', ['--allow', 'a', '--allow=b'], 'rules.files', [file('a', 'allow'), file('b', 'allow')], '--x', './--x'],
  ['--default', ['--default', 'block'], 'rules.default', 'block', 'deny', 'no such choice; write allow or block'],
  ['--scope', ['--scope', 'suffix'], 'rules.scope', 'suffix', 'all', 'no such choice; write exact or suffix'],
  ['--report', ['--report'], 'rules.report', true, '', ''],
  [
    '--listen',
    ['--listen', 'http://127.0.0.1:1', '--listen=http://[::1]:2'],
    'listen',
    ['http://127.0.0.1:1', 'http://[::1]:2'],
    '127.0.0.1:1',
    'not a listen address; write http://',
  ],
  [
    '--clients',
    ['--clients', '10.0.0.0/8,::1'],
    'clients.allow',
    ['10.0.0.0/8', '::1'],
    '10.0.0.0/99',
    "'10.0.0.0/99' is no address range",
  ],
  ['--watch', ['--watch'], 'watch', true, '', ''],
  ['--open', ['--open'], 'open', true, '', ''],
  [
    '--upstream',
    ['--upstream', 'http://a.test:3128', '--upstream', 'socks5h://b.test'],
    'upstreams.upstream',
    { hops: ['http://a.test:3128', 'socks5h://b.test'], tor: false },
    'ftp://a.test',
    'upstreams do not speak ftp; write one of http, https, socks4, socks4a, socks5, socks5h',
  ],
  [
    '--headers',
    ['--headers', 'paranoid'],
    'headers.profile',
    'paranoid',
    'loud',
    'There is no such choice; write off or standard or strict or paranoid',
  ],
  [
    '--connect-ports',
    ['--connect-ports', '443,8000-8100'],
    'egress.connectPorts',
    [
      [443, 443],
      [8000, 8100],
    ],
    '0',
    'Not a list of ports',
  ],
  ['--http-ports', ['--http-ports=any'], 'egress.httpPorts', [[1, 65535]], '9-1', 'Not a list of ports'],
  [
    '--allow-private',
    ['--allow-private=10.0.0.0/8,fd00::/8'],
    'egress.guard.allow',
    ['10.0.0.0/8', 'fd00::/8'],
    '',
    "'' is no address range",
  ],
  [
    '--access-log',
    ['--access-log', 'a.log'],
    'log.access.file',
    resolve('a.log'),
    '--json',
    'looks like the next option',
  ],
  [
    '--log-format',
    ['--log-format', 'squid'],
    'log.access.format',
    'squid',
    'clf',
    'write pretty or json or squid or common or combined',
  ],
  ['--log-level', ['--log-level', 'debug'], 'log.level', 'debug', 'loud', 'write error or warn or info or debug'],
  ['--engine', ['--engine', 'js'], 'engine', 'js', 'wasm', 'write auto or native or js'],
]

describe("start's options", () => {
  test('stand in the table below, but for those that are no setting', () => {
    const flags = createCommand().options.flatMap(({ long }) => long ?? [])
    expect(flags.filter((flag) => flag !== '--config' && flag !== '--json').sort()).toEqual(
      OPTIONS.map(([flag]) => flag).sort(),
    )
  })

  test.each(OPTIONS)('%s: %j becomes %s', (_flag, words, setting, becomes) => {
    const settings: unknown = toSettings(parse(...words).options)
    const valueAt = (at: unknown, part: string) => (at as Record<string, unknown>)[part]
    expect(setting.split('.').reduce(valueAt, settings)).toEqual(becomes)
  })

  test.each(OPTIONS)('%s takes no word that it does not need, wherever it stands', (_flag, words) => {
    expect(parse('one', ...words, 'two').targets).toEqual(['one', 'two'])
  })

  test.each(OPTIONS.filter(([, , , , , why]) => why !== ''))(
    '%s refuses a wrong value',
    (flag, _words, _setting, _becomes, wrong, why) => {
      expect(() => parse(`${flag}=${wrong}`)).toThrow(why)
    },
  )

  test.each(OPTIONS.filter(([flag, , , , , why]) => why !== '' && flag !== '--allow-private'))(
    '%s needs a value',
    (flag) => {
      expect(() => parse(flag)).toThrow(`option '${flag}`)
    },
  )

  test('say nothing where they are not given', () => {
    expect(JSON.stringify(toSettings(parse().options))).toBe(
      '{"clients":{},"rules":{},"headers":{},"egress":{"guard":{}},"log":{"access":{}}}',
    )
  })

  test('an empty name of a rule file is no file', () => {
    expect(parse('--block', '').options.ruleFiles).toEqual([])
    expect(parse('--allow', 'a.rules', '--block', '').options.ruleFiles).toHaveLength(1)
  })

  test('keep the order of rule files across --rules, --block and --allow', () => {
    const { options } = parse('--allow', 'a', '--rules', 'b', '--allow', 'c', '--block', 'd')
    expect(options.ruleFiles?.map(({ name, action }) => `${action} ${name}`)).toEqual([
      'allow a',
      'block b',
      'allow c',
      'block d',
    ])
  })

  test('take the last of two values of an option that is not repeatable', () => {
    expect(parse('--default', 'block', '--default', 'allow').options.default).toBe('allow')
  })

  test('take a number of workers', () => {
    expect(parse('--workers', '4').options.workers).toBe(4)
  })

  test('leave - and off of the access log alone', () => {
    expect(parse('--access-log', '-').options.accessLog).toBe('-')
    expect(parse('--access-log', 'off').options.accessLog).toBe('off')
  })
})

describe('--allow-private without a value', () => {
  test.each([
    [['--allow-private', 'host.example']],
    [['host.example', '--allow-private']],
    [['--allow-private', '--json', 'host.example']],
  ])('opens every range and keeps the next word: %j', (words) => {
    const { options, targets } = parse(...words)
    expect(options.allowPrivate).toEqual(['0.0.0.0/0', '::/0'])
    expect(targets).toEqual(['host.example'])
  })

  test('is not the same as an empty value, which a script may give by mistake', () => {
    expect(() => parse('--allow-private=')).toThrow('is no address range')
  })

  test('is a plain word after --', () => {
    expect(closeOptionalValues(['check', '--', '--allow-private'])).toEqual(['check', '--', '--allow-private'])
  })
})
