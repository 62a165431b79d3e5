import { resolve } from 'node:path'
import { Argument, Command, CommanderError, Option } from 'commander'
import { readVersion } from '../config/version.js'
import { CannotRunError, InputError } from '../errors.js'
import { IMPORT_SOURCES } from '../import/import-sources.js'
import type { CheckOptions } from './check.js'
import type { DiffOptions } from './diff.js'
import {
  CHECK_HELP,
  CONFIG_HELP,
  DIFF_HELP,
  IDENTITY_HELP,
  IMPORT_HELP,
  LEAKTEST_HELP,
  LINT_HELP,
  LISTS_HELP,
  MAIN_HELP,
  RELOAD_HELP,
  START_HELP,
  TEST_HELP,
  TUNNEL_HELP,
  UPSTREAMS_HELP,
} from './help-texts.js'
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
import { holdYoungGeneration } from './young-generation.js'

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
      holdYoungGeneration()
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

  addControlOptions(
    program
      .command('lists')
      .description('Show how the lists of the running veilgate stand, or fetch them now.')
      .argument('[words...]', 'update, and names of lists')
      .usage('[update [NAME...]] [options]')
      .addOption(new Option('--json', 'an array on standard output'))
      .addOption(new Option('--accept-shrink', 'with update: take lists that lost many of their rules')),
  )
    .addHelpText('after', LISTS_HELP)
    .action(async (words: readonly string[], options: ListsOptions) => {
      const { lists } = await import('./lists.js')
      setExitCode(await lists(words, options))
    })

  addControlOptions(
    program
      .command('upstreams')
      .description('Show how the upstreams of the running veilgate stand.')
      .addOption(new Option('--json', 'an array on standard output')),
  )
    .addHelpText('after', UPSTREAMS_HELP)
    .action(async (options: UpstreamsOptions) => {
      const { upstreams } = await import('./upstreams.js')
      setExitCode(await upstreams(options))
    })

  addControlOptions(
    program
      .command('identity')
      .description('Have the running veilgate leave with new identities, where isolate keeps them apart.')
      .addArgument(new Argument('<action>', 'what to do').choices(['new']))
      .addOption(new Option('--site <HOST>', 'for the site of this host alone'))
      .addOption(new Option('--json', 'one JSON document on standard output')),
  )
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

  addControlOptions(
    program
      .command('reload')
      .description('Have the running veilgate read its rules and its configuration again.')
      .addOption(new Option('--json', 'one JSON document on standard output')),
  )
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

/** Of commands that ask the veilgate that runs. */
function addControlOptions(command: Command): Command {
  return command
    .addOption(new Option('--config <FILE>', 'the configuration of that veilgate, for its control socket'))
    .addOption(new Option('--control <PATH>', 'its control socket').argParser((path) => resolve(path)))
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
