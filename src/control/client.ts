import { connect } from 'node:net'
import { refuseCacheDirectory } from '../config/cache-directory.js'
import { CannotRunError, InputError } from '../errors.js'
import type { ControlPath } from './control-path.js'
import { type ControlRequest, parseAnswer, toLine } from './protocol.js'
import { readLine } from './read-line.js'

/** State of thousands of lists. */
const MAX_ANSWER_BYTES = 16 * 1_048_576

/**
 * Asks the veilgate that runs.
 *
 * @returns what its command gave back
 * @throws {CannotRunError} none runs there, it ended meanwhile, or it could not do it
 * @throws {InputError} it says that what was asked for is wrong
 */
export async function askRunning({ path, ownFolder }: ControlPath, request: ControlRequest): Promise<unknown> {
  // in a folder of somebody else, somebody else would answer
  if (ownFolder !== undefined && (await refuseCacheDirectory(ownFolder, false)) !== undefined) throw noneRuns(path)
  const line = await exchange(path, toLine(request))
  const answer = line === undefined ? undefined : parseAnswer(line)
  if (answer === undefined) throw new CannotRunError(`the veilgate at ${path} ended before it answered`)
  if (answer.ok) return answer.result
  if ('problems' in answer) throw new InputError(answer.problems)
  throw new CannotRunError(`the veilgate at ${path}: ${answer.error}`)
}

function exchange(path: string, request: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('error', (error) => reject(codeOf(error) === 'EACCES' ? notOurs(path) : noneRuns(path)))
    socket.once('connect', () => {
      socket.write(request)
      resolve(readLine(socket, MAX_ANSWER_BYTES).finally(() => socket.destroy()))
    })
  })
}

function noneRuns(path: string): CannotRunError {
  return new CannotRunError(
    `no veilgate runs here that could be asked (${path}); start one, or name its socket with --control`,
  )
}

function notOurs(path: string): CannotRunError {
  return new CannotRunError(`the control socket ${path} belongs to another user`)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
