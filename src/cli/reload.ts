import { counted } from '../counted.js'
import { type AskOptions, ask } from './ask.js'

export type ReloadOptions = AskOptions & { readonly json?: true }

/** What the running instance says of a reload that succeeded. */
export type Reloaded = { readonly rules: number }

/**
 * `veilgate reload`: has the running instance read its rules and its configuration again.
 *
 * @returns the exit code
 * @throws {CannotRunError} none runs, or it could not
 * @throws {InputError} a file is wrong: the old rules and configuration stay
 */
export async function reload(options: ReloadOptions): Promise<number> {
  const done = (await ask(options, { command: 'reload' })) as Reloaded
  if (options.json) process.stdout.write(`${JSON.stringify(done)}\n`)
  else process.stderr.write(`veilgate: reloaded: ${counted(done.rules, 'rule')}\n`)
  return 0
}
