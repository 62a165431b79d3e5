import { askRunning } from '../control/client.js'
import { controlPath } from '../control/control-path.js'
import type { ControlRequest } from '../control/protocol.js'
import { CannotRunError } from '../errors.js'
import { configuredControl } from './configured-control.js'

export type AskOptions = {
  readonly config?: string
  readonly control?: string
}

/**
 * Asks the veilgate that runs, at the control socket that is given or configured.
 *
 * @throws {CannotRunError} none runs, or none can be asked
 * @throws {InputError} the configuration, or what it was asked for, is wrong
 */
export async function ask(options: AskOptions, request: ControlRequest): Promise<unknown> {
  const place = controlPath(options.control ?? (await configuredControl(options.config)))
  if (place === undefined) throw new CannotRunError('the configuration says control: off, so no veilgate can be asked')
  return askRunning(place, request)
}
