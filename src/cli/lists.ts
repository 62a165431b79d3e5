import type { ListState, ListUpdate } from '../app.js'
import { askRunning } from '../control/client.js'
import { controlPath } from '../control/control-path.js'
import { CannotRunError, InputError } from '../errors.js'
import { configuredControl } from './configured-control.js'
import { toStateLines, toUpdateLines } from './list-table.js'

export type ListsOptions = {
  readonly json?: true
  readonly config?: string
  readonly control?: string
  readonly acceptShrink?: true
}

/**
 * `veilgate lists [update [NAME…]]`: asks the running instance how its lists stand, or
 * has it fetch them now.
 *
 * @returns the exit code: 1 when a list was to be updated and is not
 * @throws {CannotRunError} none runs
 * @throws {InputError} a name that is none of a list, options that do not go together
 */
export async function lists(words: readonly string[], options: ListsOptions): Promise<number> {
  const [action, ...names] = words
  if (action !== undefined && action !== 'update') throw wrong(`lists has no ${action}`, 'write lists, or lists update')
  if (action === undefined && options.acceptShrink)
    throw wrong('--accept-shrink is for an update', 'write lists update')
  const place = controlPath(options.control ?? (await configuredControl(options.config)))
  if (place === undefined) throw new CannotRunError('the configuration says control: off, so no veilgate can be asked')

  if (action === undefined) {
    const states = (await askRunning(place, { command: 'lists' })) as readonly ListState[]
    if (states.length === 0) process.stderr.write('veilgate: no lists are configured (rules.lists)\n')
    return write(options, states, toStateLines(states, Date.now()), 0)
  }
  const updates = (await askRunning(place, {
    command: 'lists update',
    ...(names.length > 0 && { names }),
    acceptShrink: options.acceptShrink === true,
  })) as readonly ListUpdate[]
  const hasFailed = updates.some(({ outcome }) => outcome === 'failed')
  return write(options, updates, toUpdateLines(updates), hasFailed ? 1 : 0)
}

function write({ json }: ListsOptions, value: unknown, lines: readonly string[], exitCode: number): number {
  const text = json ? JSON.stringify(value, null, 2) : lines.join('\n')
  if (text !== '') process.stdout.write(`${text}\n`)
  return exitCode
}

function wrong(message: string, fix: string): InputError {
  return new InputError([{ file: 'veilgate', line: 0, column: 0, message, fix }])
}
