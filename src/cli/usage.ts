import type { CommanderError } from 'commander'
import { closest } from 'fastest-levenshtein'

const LATER_OPTIONS: Readonly<Record<string, string>> = {
  '--client': 'policy by client comes in a later version',
  '--user': 'policy by user comes in a later version',
  '--at': 'policy by time comes in a later version',
}

const LATER_COMMANDS: ReadonlySet<string> = new Set('replay learn run user pac ca doctor'.split(' '))

/** What commander found wrong → what is wrong and what to write, in our words where it knows too little. */
export function usageMessage({ code, message }: CommanderError, startOptions: readonly string[]): string {
  const text = message.replace(/^error: /, '').trimEnd()
  const [, quoted = ''] = /'([^']*)'/.exec(text) ?? []
  switch (code) {
    case 'commander.unknownOption':
      return unknownOption(text, quoted.split('=')[0] ?? '', startOptions)
    case 'commander.unknownCommand':
      return LATER_COMMANDS.has(quoted)
        ? `this version does not have the command ${quoted} yet; see veilgate --help`
        : text
    case 'commander.excessArguments':
      return `${text} An option takes one value; give it again for more: --rules a.rules --rules b.rules. That of --allow-private stands behind \`=\``
    default:
      return text
  }
}

function unknownOption(text: string, flag: string, startOptions: readonly string[]): string {
  const later = LATER_OPTIONS[flag]
  if (later !== undefined) return `this version does not have ${flag} yet: ${later}`
  if (startOptions.includes(flag)) return `${text}\n(options stand behind the command: veilgate start ${flag} …)`
  // commander compares the whole word, so it finds nothing near --lisen=http://127.0.0.1:8080
  return text.includes('=') ? `unknown option '${flag}'\n(Did you mean ${closest(flag, [...startOptions])}?)` : text
}
