import { askRunning } from '../control/client.js'
import { controlPath } from '../control/control-path.js'
import { CannotRunError } from '../errors.js'
import { configuredControl } from './configured-control.js'

export type ReloadOptions = { readonly json?: true; readonly config?: string; readonly control?: string }

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
  const place = controlPath(options.control ?? (await configuredControl(options.config)))
  if (place === undefined) throw new CannotRunError('the configuration says control: off, so no veilgate can be asked')
  const done = (await askRunning(place, { command: 'reload' })) as Reloaded
  if (options.json) process.stdout.write(`${JSON.stringify(done)}\n`)
  else process.stderr.write(`veilgate: reloaded: ${done.rules} rules\n`)
  return 0
}
