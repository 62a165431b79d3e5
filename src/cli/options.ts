import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  type AccessLogFormat,
  ANY_PORT,
  type Engine,
  type HeaderProfile,
  type LogLevel,
  MAX_WORKERS,
  type PortRange,
  type RuleFile,
} from '../config/config.js'
import { parseListenUrl } from '../config/listen-url.js'
import type { Settings } from '../config/settings.js'
import { parseCidr } from '../http/cidr.js'
import { EVERY_SPECIAL_RANGE } from '../policy/egress-guard.js'
import { parseHop } from '../policy/hop.js'
import { parsePortList } from '../policy/port-list.js'
import { COMMAND_LINE_UPSTREAM } from '../policy/upstream-settings.js'
import type { RuleAction } from '../rules/rule.js'

/** What `config` shows. */
export const CONFIG_VIEWS = ['print', 'check', 'defaults', 'schema'] as const
export type ConfigView = (typeof CONFIG_VIEWS)[number]

/** Start's options as a person gave them, each value checked. */
export type StartOptions = {
  readonly config?: string
  /** `--rules`, `--block` and `--allow` in the order they were given. */
  readonly ruleFiles?: readonly RuleFile[]
  readonly default?: RuleAction
  readonly scope?: 'exact' | 'suffix'
  readonly report?: true
  readonly listen?: readonly string[]
  readonly clients?: readonly string[]
  readonly open?: true
  readonly json?: true
  readonly headers?: HeaderProfile
  /** URLs, nearest to us first. */
  readonly upstream?: readonly string[]
  readonly workers?: number | 'auto'
  readonly connectPorts?: readonly PortRange[]
  readonly httpPorts?: readonly PortRange[]
  readonly watch?: true
  readonly allowPrivate?: readonly string[]
  readonly accessLog?: string
  readonly logFormat?: AccessLogFormat
  readonly logLevel?: LogLevel
  readonly engine?: Engine
}

/** Adds start's options, which `check` and `config` share. */
export function addStartOptions(command: Command): Command {
  const addRuleFile = (flag: string, action: RuleAction, description: string): Option =>
    valueOption(`--${flag} <FILE>`, description, (file) => {
      const given: readonly RuleFile[] = command.getOptionValue('ruleFiles') ?? []
      // an empty name is no file, such as a script's list that is not there: start says when nothing is blocked
      if (file === '') {
        command.setOptionValue('ruleFiles', given)
        return file
      }
      const path = file === '-' ? file : resolve(file)
      command.setOptionValue('ruleFiles', [...given, { name: file, path, action }])
      return file
    })

  return command
    .addOption(addRuleFile('rules', 'block', 'rule file or blocklist, - for standard input (again for more)'))
    .addOption(addRuleFile('block', 'block', 'the same, said of a list of what to block (again for more)'))
    .addOption(addRuleFile('allow', 'allow', 'rule file whose bare patterns allow (again for more)'))
    .addOption(choiceOption('--default <ACTION>', 'what happens to targets no rule matches', ['allow', 'block']))
    .addOption(
      choiceOption('--scope <SCOPE>', 'what a bare name means: itself, or all below it too', ['exact', 'suffix']),
    )
    .addOption(new Option('--report', 'rules only log what they would block'))
    .addOption(valueOption('--config <FILE>', 'configuration, YAML or JSON; options override it', String))
    .addOption(
      valueOption(
        '--listen <URL>',
        'where to listen, http://ADDRESS:PORT, port 0 for a free one (again for more)',
        (url) => {
          const listen = parseListenUrl(url)
          if (!('url' in listen)) throw new InvalidArgumentError(`${listen.message}; ${listen.fix}`)
          return [...(command.getOptionValue('listen') ?? []), listen.url]
        },
      ),
    )
    .addOption(valueOption('--clients <CIDR,…>', 'who may use the proxy; others get 403', parseCidrs))
    .addOption(new Option('--open', 'serve any client, also on addresses that other machines reach'))
    .addOption(new Option('--watch', 'reload when a file of the rules or the configuration changes'))
    .addOption(new Option('--json', 'one JSON document on standard output'))
    .addOption(
      choiceOption('--headers <PROFILE>', 'which identifying fields http:// requests lose', [
        'off',
        'standard',
        'strict',
        'paranoid',
      ]),
    )
    .addOption(
      valueOption(
        '--upstream <URL>',
        'go out through this proxy alone: http, https, socks4, socks4a, socks5 or socks5h (again for a chain, nearest first)',
        (url) => {
          const hop = parseHop(url)
          if ('message' in hop) throw new InvalidArgumentError(`${hop.message}; ${hop.fix}`)
          return [...(command.getOptionValue('upstream') ?? []), url]
        },
      ),
    )
    .addOption(
      valueOption('--connect-ports <LIST>', 'ports open to CONNECT, such as 443,8000-8100, or any', parsePorts),
    )
    .addOption(valueOption('--http-ports <LIST>', 'ports open to http:// requests, or any', parsePorts))
    .addOption(
      valueOption(
        '--allow-private [CIDR,…]',
        'open these special-purpose address ranges; without a value all of them',
        (ranges) => (ranges === 'any' ? EVERY_SPECIAL_RANGE : parseCidrs(ranges)),
      ),
    )
    .addOption(valueOption('--workers <N>', 'processes that serve clients; auto: one on each processor', parseWorkers))
    .addOption(
      valueOption('--access-log <FILE>', 'one line an exchange: a file, - for standard output, off', (file) =>
        file === '-' || file === 'off' ? file : resolve(file),
      ),
    )
    .addOption(
      choiceOption('--log-format <FORMAT>', 'of these lines', ['pretty', 'json', 'squid', 'common', 'combined']),
    )
    .addOption(choiceOption('--log-level <LEVEL>', 'of messages on standard error', ['error', 'warn', 'info', 'debug']))
    .addOption(choiceOption('--engine <ENGINE>', 'what moves the bytes', ['auto', 'native', 'js']))
}

/** What the options say, as a layer over the configuration file. */
export function toSettings(options: StartOptions): Settings {
  const { ruleFiles, report, open, listen, clients, headers, upstream, allowPrivate, connectPorts, httpPorts } = options
  return {
    listen,
    clients: { allow: clients },
    workers: options.workers,
    open,
    engine: options.engine,
    watch: options.watch,
    rules: { files: ruleFiles, default: options.default, scope: options.scope, report },
    headers: { profile: headers },
    ...(upstream !== undefined && throughUpstream(upstream)),
    egress: { guard: { allow: allowPrivate }, connectPorts, httpPorts },
    log: { level: options.logLevel, access: { file: options.accessLog, format: options.logFormat } },
  }
}

/** Everything goes through it, whatever the configuration routes elsewhere. */
function throughUpstream(hops: readonly string[]): Settings {
  return {
    upstreams: { [COMMAND_LINE_UPSTREAM]: { hops, tor: false } },
    route: [{ match: ['*'], via: COMMAND_LINE_UPSTREAM, anonymous: false }],
  }
}

/**
 * commander lets an optional value be the next word; ours stands behind `=` only,
 * so that `check --allow-private HOST` keeps its host.
 */
export function closeOptionalValues(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--')
  return words.map((word, i) => (word === '--allow-private' && (end === -1 || i < end) ? `${word}=any` : word))
}

/** An option with a value. A value that looks like an option is taken for a forgotten one. */
function valueOption(flags: string, description: string, parse: (value: string) => unknown): Option {
  return new Option(flags, description).argParser((value) => {
    if (value.startsWith('--')) {
      throw new InvalidArgumentError(
        `This looks like the next option: give a value (./${value} where it is a file of that name)`,
      )
    }
    return parse(value)
  })
}

function choiceOption(flags: string, description: string, values: readonly string[]): Option {
  return valueOption(flags, `${description}: ${values.join(', ')}`, (value) => {
    if (values.includes(value)) return value
    throw new InvalidArgumentError(`There is no such choice; write ${values.join(' or ')}`)
  })
}

function parseCidrs(list: string): readonly string[] {
  const ranges = list.split(',').map((range) => range.trim())
  const wrong = ranges.find((range) => parseCidr(range) === undefined)
  if (wrong === undefined) return ranges
  throw new InvalidArgumentError(`'${wrong}' is no address range; write a comma list such as 192.168.0.0/16,fd00::/8`)
}

function parsePorts(list: string): readonly PortRange[] {
  if (list === 'any') return ANY_PORT
  const ranges = parsePortList(list)
  if (ranges !== undefined) return ranges
  throw new InvalidArgumentError('Not a list of ports; write ports and ranges such as 443,8000-8100, or any')
}

function parseWorkers(count: string): number | 'auto' {
  if (count === 'auto') return count
  if (/^\d{1,3}$/.test(count) && Number(count) >= 1 && Number(count) <= MAX_WORKERS) return Number(count)
  throw new InvalidArgumentError(`Not a number of processes; write 1 to ${MAX_WORKERS}, or auto`)
}
