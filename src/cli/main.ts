import { resolve } from 'node:path'
import { Argument, Command, CommanderError, Option } from 'commander'
import { readVersion } from '../config/version.js'
import { CannotRunError, InputError } from '../errors.js'
import { IMPORT_SOURCES } from '../import/import-sources.js'
import type { CheckOptions } from './check.js'
import type { DiffOptions } from './diff.js'
import type { IdentityOptions } from './identity.js'
import type { ImportOptions } from './import.js'
import type { LeaktestOptions } from './leaktest.js'
import type { ListsOptions } from './lists.js'
import { addStartOptions, CONFIG_VIEWS, type ConfigView, closeOptionalValues, type StartOptions } from './options.js'
import type { ReloadOptions } from './reload.js'
import type { TestOptions } from './test.js'
import type { TunnelOptions } from './tunnel.js'
import type { UpstreamsOptions } from './upstreams.js'
import { usageMessage } from './usage.js'

/** Exit codes of the contract §1: 1 is a negative answer, which only a command itself gives. */
const BAD_INPUT = 2
const COULD_NOT_RUN = 3

/**
 * Runs one command line and sets the exit code of this process. Answers go to
 * standard output, what is for people to standard error.
 *
 * @param argv as `process.argv`: the first two words are the interpreter and the script
 */
export async function run(argv: readonly string[]): Promise<void> {
  watchStandardOutput()
  let exitCode = 0
  const program = createProgram((code) => {
    exitCode = code
  })
  try {
    await program.parseAsync(closeOptionalValues(argv.slice(2)), { from: 'user' })
  } catch (error) {
    exitCode = exitCodeOf(error)
    if (exitCode !== 0) await printFault(error, program)
  }
  process.exitCode = exitCode
}

function createProgram(setExitCode: (code: number) => void): Command {
  const program = new Command('veilgate')
    .description('A forward proxy that blocks by rules and removes what identifies you.')
    .version(readVersion(), '--version', 'print the version')
    .helpOption('--help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .exitOverride()
    // faults are printed once, by run, without the passwords that a command line may hold
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .configureHelp({ optionTerm: ({ flags }) => flags.replace(' [', '[=') })
    .addHelpText('after', MAIN_HELP)

  addStartOptions(program.command('start').description('Run the proxy.'))
    .addHelpText('after', START_HELP)
    .action(async (options: StartOptions) => {
      const { start } = await import('./start.js')
      const exitCode = await start(options)
      // exchanges and logs have ended: whatever still holds the event loop is of no use to anybody
      process.exit(exitCode)
    })

  addStartOptions(
    program.command('check').description('Say what the proxy would do with a host or URL, and which rule says so.'),
  )
    .argument('<target...>', 'HOST, HOST:PORT or URL')
    .addOption(new Option('--egress', 'also say how it would leave: route, hops, resolver, address family, headers'))
    .addHelpText('after', CHECK_HELP)
    .action(async (targets: readonly string[], options: CheckOptions) => {
      const { check } = await import('./check.js')
      setExitCode(await check(targets, options))
    })

  program
    .command('lint')
    .description('Find faults in rule files.')
    .argument('<file...>', 'rule files, - for standard input')
    .addOption(new Option('--json', 'an array of findings on standard output'))
    .addOption(new Option('--strict', 'exit with 1 for warnings too'))
    .addHelpText('after', LINT_HELP)
    .action(async (files: readonly string[], options: { readonly json?: true; readonly strict?: true }) => {
      const { lint } = await import('./lint.js')
      setExitCode(await lint(files, options))
    })

  addStartOptions(
    program.command('test').description('Run policy tests: what shall be blocked or allowed, and by which rule.'),
  )
    .argument('<file...>', 'test files, YAML or JSON')
    .addOption(new Option('--junit <FILE>', 'the results as JUnit XML, for CI').argParser((file) => resolve(file)))
    .addHelpText('after', TEST_HELP)
    .action(async (files: readonly string[], options: TestOptions) => {
      const { test } = await import('./test.js')
      setExitCode(await test(files, options))
    })

  program
    .command('diff')
    .description('Say what changes between two rule sets, and for which requests of an access log.')
    .argument('<old>', 'rule file, - for standard input')
    .argument('<new>', 'rule file, - for standard input')
    .addOption(new Option('--log <FILE>', 'access log (format json): the requests that would be decided otherwise'))
    .addOption(new Option('--scope <SCOPE>', 'of bare names, as start has it').choices(['exact', 'suffix']))
    .addOption(new Option('--default <ACTION>', 'of both, as start has it').choices(['allow', 'block']))
    .addOption(new Option('--json', 'one JSON document on standard output'))
    .addOption(new Option('--exit-code', 'exit with 1 where anything changes'))
    .addHelpText('after', DIFF_HELP)
    .action(async (before: string, after: string, options: DiffOptions) => {
      const { diff } = await import('./diff.js')
      setExitCode(await diff(before, after, options))
    })

  program
    .command('import')
    .description('Write the rules of another tool as a rule file.')
    .argument('<file...>', 'configurations and lists, - for standard input')
    .addOption(new Option('--from <TOOL>', 'whose files these are').choices(IMPORT_SOURCES).makeOptionMandatory())
    .addOption(new Option('--output <FILE>', 'where to write; default standard output'))
    .addOption(new Option('--force', 'replace the file if it exists'))
    .addOption(new Option('--json', 'with --output: the report as JSON on standard output'))
    .addHelpText('after', IMPORT_HELP)
    .action(async (files: readonly string[], options: ImportOptions) => {
      const { importFiles } = await import('./import.js')
      setExitCode(await importFiles(files, options))
    })

  program
    .command('lists')
    .description('Show how the lists of the running veilgate stand, or fetch them now.')
    .argument('[words...]', 'update, and names of lists')
    .usage('[update [NAME...]] [options]')
    .addOption(new Option('--json', 'an array on standard output'))
    .addOption(new Option('--accept-shrink', 'with update: take lists that lost many of their rules'))
    .addOption(new Option('--config <FILE>', 'the configuration of that veilgate, for its control socket'))
    .addOption(new Option('--control <PATH>', 'its control socket').argParser((path) => resolve(path)))
    .addHelpText('after', LISTS_HELP)
    .action(async (words: readonly string[], options: ListsOptions) => {
      const { lists } = await import('./lists.js')
      setExitCode(await lists(words, options))
    })

  program
    .command('upstreams')
    .description('Show how the upstreams of the running veilgate stand.')
    .addOption(new Option('--json', 'an array on standard output'))
    .addOption(new Option('--config <FILE>', 'the configuration of that veilgate, for its control socket'))
    .addOption(new Option('--control <PATH>', 'its control socket').argParser((path) => resolve(path)))
    .addHelpText('after', UPSTREAMS_HELP)
    .action(async (options: UpstreamsOptions) => {
      const { upstreams } = await import('./upstreams.js')
      setExitCode(await upstreams(options))
    })

  program
    .command('identity')
    .description('Have the running veilgate leave with new identities, where isolate keeps them apart.')
    .addArgument(new Argument('<action>', 'what to do').choices(['new']))
    .addOption(new Option('--site <HOST>', 'for the site of this host alone'))
    .addOption(new Option('--json', 'one JSON document on standard output'))
    .addOption(new Option('--config <FILE>', 'the configuration of that veilgate, for its control socket'))
    .addOption(new Option('--control <PATH>', 'its control socket').argParser((path) => resolve(path)))
    .addHelpText('after', IDENTITY_HELP)
    .action(async (_action: 'new', options: IdentityOptions) => {
      const { newIdentity } = await import('./identity.js')
      setExitCode(await newIdentity(options))
    })

  program
    .command('tunnel')
    .description('Open a local port that leads to one target through an upstream.')
    .argument('<target>', 'HOST:PORT')
    .addOption(new Option('--upstream <URL>', 'http:// or https:// proxy').makeOptionMandatory())
    .addOption(new Option('--listen <ADDRESS:PORT>', 'where to listen, on this machine alone').default('127.0.0.1:0'))
    .addOption(new Option('--json', 'one JSON document on standard output'))
    .addHelpText('after', TUNNEL_HELP)
    .action(async (target: string, options: TunnelOptions) => {
      const { tunnel } = await import('./tunnel.js')
      setExitCode(await tunnel(target, options))
    })

  program
    .command('reload')
    .description('Have the running veilgate read its rules and its configuration again.')
    .addOption(new Option('--json', 'one JSON document on standard output'))
    .addOption(new Option('--config <FILE>', 'the configuration of that veilgate, for its control socket'))
    .addOption(new Option('--control <PATH>', 'its control socket').argParser((path) => resolve(path)))
    .addHelpText('after', RELOAD_HELP)
    .action(async (options: ReloadOptions) => {
      const { reload } = await import('./reload.js')
      setExitCode(await reload(options))
    })

  addStartOptions(
    program.command('leaktest').description('Show what sites, name servers and upstreams learn by this configuration.'),
  )
    .addOption(new Option('--url <URL>', 'also fetch this page, which answers with what it was sent'))
    .addHelpText('after', LEAKTEST_HELP)
    .action(async (options: LeaktestOptions) => {
      const { leaktest } = await import('./leaktest.js')
      const exitCode = await leaktest(options)
      // the proxy of the run has ended: a connection that it still holds to what was played is of no use to anybody
      process.exit(exitCode)
    })

  addStartOptions(program.command('config').description('Print or check the configuration.'))
    .addArgument(new Argument('<view>', 'what to show').choices(CONFIG_VIEWS))
    .addHelpText('after', CONFIG_HELP)
    .action(async (view: ConfigView, options: StartOptions) => {
      const { config } = await import('./config.js')
      setExitCode(await config(view, options))
    })

  return program
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_INPUT
  return error instanceof InputError ? BAD_INPUT : COULD_NOT_RUN
}

async function printFault(error: unknown, program: Command): Promise<void> {
  const text = faultText(error, program)
  if (!text.includes('@')) return printLine(text)
  const { showUrls } = await import('../upstream/chain-adapter.js')
  printLine(showUrls(text))
}

function faultText(error: unknown, program: Command): string {
  if (error instanceof CommanderError) {
    if (error.code === 'commander.help') return program.helpInformation().trimEnd()
    const start = program.commands.find((command) => command.name() === 'start')
    const flags = (start?.options ?? []).flatMap(({ long }) => long ?? [])
    return `veilgate: ${usageMessage(error, flags)}`
  }
  if (error instanceof InputError) return error.message
  if (error instanceof CannotRunError) return `veilgate: ${error.message}`
  return `veilgate: a fault of its own, please report it: ${error instanceof Error ? error.stack : String(error)}`
}

function printLine(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** `veilgate check … | head -1` ends the reader first, which is nobody's fault; other failures are said. */
function watchStandardOutput(): void {
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return
    printLine(`veilgate: cannot write to standard output (${message})`)
    process.exitCode = COULD_NOT_RUN
  })
}

const MAIN_HELP = `
Examples:
  veilgate start                                  listen on http://127.0.0.1:3128 with the shipped rules
  veilgate start --rules my.rules --listen http://127.0.0.1:8080
  veilgate check ads.example https://example.com/ what would happen, and why
  veilgate lint my.rules
  veilgate test my.test.yaml                      does it still block and allow what it shall?
  veilgate diff old.rules new.rules --log access.jsonl
  veilgate import --from squid squid.conf         the rules of another tool as a rule file
  veilgate lists                                  how the lists stand that it is subscribed to
  veilgate upstreams                              how its parent proxies stand
  veilgate leaktest                               what of you arrives at sites, name servers and upstreams
  veilgate identity new                           leave with new identities
  veilgate reload                                 the running one reads its files again
  veilgate config defaults > veilgate.yaml        every key, with its default and what it means

Exit codes: 0 done, 1 a negative answer (blocked, findings), 2 bad usage, rules or configuration, 3 could not run.
Then tell your programs: curl -x http://127.0.0.1:3128 http://example.com/`

const START_HELP = `
Examples:
  veilgate start
  veilgate start --rules my.rules --rules blocklist.txt --allow exceptions.rules
  veilgate start --listen http://0.0.0.0:3128 --clients 192.168.0.0/16
  veilgate start --default block --allow only-these.rules
  veilgate start --allow-private=10.0.0.0/8,fd00::/8 --connect-ports 443,8000-8100
  veilgate start --upstream socks5h://127.0.0.1:9050
  veilgate start --access-log access.log --log-format squid

An allow rule wins over a block rule; block! wins over allow; allow! over all. --rules, --block and --allow replace
the shipped rules and rules.files of the configuration; --default beats what the files and the configuration say.
Signals: SIGHUP reads rules and configuration again, SIGUSR1 reopens log files, SIGTERM and SIGINT let exchanges end
within limits.drainTimeout (30 s), a second one ends at once.`

const CHECK_HELP = `
Examples:
  veilgate check ads.example
  veilgate check --rules my.rules https://example.com/ example.com:8443 http://example.com/banner/1.gif
  veilgate check --config veilgate.yaml --json ads.example
  veilgate check --config veilgate.yaml --egress example.com

Each target gets a line: the decision, the target, the rule (file:line, text, reason), then the other rules that match.
No name is resolved. Exit code 0: all allowed; 1: any blocked; 2: a target, rule file or option is wrong.`

const LINT_HELP = `
Examples:
  veilgate lint my.rules
  veilgate lint --strict --json rules/*.rules

Exit code 0: nothing found that is an error; 1: errors (with --strict warnings too); 2: a file cannot be read.`

const TEST_HELP = `
A test file:
  rules: [my.rules]                 # relative to this file; left out: my.rules beside my.test.yaml
  tests:
    - expect: block
      host: [tracker.example, www.tracker.example]
      rule: block .tracker.example  # optional: the rule, its pattern, FILE:LINE, or default for none
    - { name: sign-in works, expect: allow, url: http://login.example/start }

Examples:
  veilgate test rules/*.test.yaml
  veilgate test my.test.yaml --rules candidate.rules --junit results.xml

config, default and scope of a test file mean what they mean to start; options of the command line override them.
Exit code 0: all passed; 1: a test failed; 2: a test file, its rules or a target are wrong.`

const DIFF_HELP = `
Examples:
  veilgate diff old.rules new.rules
  git show HEAD:my.rules | veilgate diff - my.rules
  veilgate diff old.rules new.rules --log access.jsonl --json

Rules count as the same wherever they stand and however they are written. Exit code 0: done; with --exit-code 1 where
anything changes; 2: a rule file or the log cannot be read.`
const IMPORT_HELP = `
Examples:
  veilgate import --from squid /etc/squid/squid.conf > my.rules
  veilgate import --from pihole whitelist.txt blacklist.txt regex.list adlists.list --output pihole.rules
  veilgate import --from privoxy default.action user.action --output privoxy.rules --json

What could not be carried over is listed on standard error, as file:line: reason: text. Exit code 0: written; 1: nothing
could be carried over, so nothing is written; 2: a file cannot be read, or the output exists (see --force).`

const LISTS_HELP = `
Examples:
  veilgate lists                                  how each list stands: rules in force, age, next fetch, last error
  veilgate lists --json
  veilgate lists update                           fetch all of them now
  veilgate lists update ads --accept-shrink       take it though it lost more rules than maxShrink lets pass

Lists are configured under rules.lists. Exit code 0: done; 1: a list was not updated; 2: no such list; 3: no veilgate runs.`

const UPSTREAMS_HELP = `
Examples:
  veilgate upstreams                              up or down, why, next trial, open connections
  veilgate upstreams --json

Upstreams are configured under upstreams, or given with --upstream. Exit code 0: done; 3: no veilgate runs.`

const IDENTITY_HELP = `
Examples:
  veilgate identity new                           everything leaves with a new identity
  veilgate identity new --site example.com        example.com and all below it do

An upstream with isolate gets another user and password from then on (Tor: another circuit); connections kept for later
requests are closed. Exit code 0: done; 2: no such host; 3: no veilgate runs, or it isolates nothing.`

const TUNNEL_HELP = `
Examples:
  veilgate tunnel db.example:5432 --upstream http://user:password@proxy.example:3128 --listen 127.0.0.1:5432
  veilgate tunnel host.example:22 --upstream http://127.0.0.1:3128

For programs that have no proxy settings. The second one goes through a veilgate that runs here, and so by its rules and
routes (its --connect-ports must hold the port). SIGINT or SIGTERM ends it. Exit code 0: ended; 3: the port is taken.`

const RELOAD_HELP = `
Examples:
  veilgate reload
  veilgate reload --config /etc/veilgate/veilgate.yaml

The new rules and configuration hold whole, for requests from then on, or the old ones stay. Exit code 0: reloaded; 2: a
file is wrong, and where; 3: no veilgate runs here.`

const LEAKTEST_HELP = `
Examples:
  veilgate leaktest --config veilgate.yaml
  veilgate leaktest --headers strict --upstream socks5h://127.0.0.1:9050
  veilgate leaktest --headers strict --url http://echo.example/headers

Sends what Firefox, Chromium and curl send through a proxy in this process, by every route. Sites, name servers and
upstreams are played on this machine: no packet leaves it, but for the page of --url. A leak is what the header profile
or the route promises to withhold and what arrived all the same; exposed is what they let pass.
Exit code 0: no leak; 1: a leak; 2: the configuration is wrong; 3: no request arrived anywhere.`

const CONFIG_HELP = `
  print     the effective configuration, secrets masked
  check     read the configuration and the rules as start would
  defaults  every key with its default and what it means, as a file to begin with
  schema    JSON Schema of the file, for editors

Examples:
  veilgate config defaults > veilgate.yaml
  veilgate config check --config veilgate.yaml
  veilgate config print --config veilgate.yaml --default block`
