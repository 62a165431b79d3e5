import { statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CannotRunError } from '../errors.js'

export type ControlPath = {
  readonly path: string
  /** A folder that must be this user's alone, made where it is missing; undefined where the socket's place is somebody else's care. */
  readonly ownFolder: string | undefined
}

/** `sun_path` of sockaddr_un without its last octet. Node cuts off what is longer, and the socket gets another name. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103

/**
 * Where the control socket is: the path that is configured, or for `auto`
 * `$XDG_RUNTIME_DIR/veilgate.sock` (XDG Base Directory Specification: a folder of this
 * user alone), else in a folder of our own under the system's temporary directory.
 * Undefined for `off`.
 *
 * @throws {CannotRunError} a path that is too long for a socket
 */
export function controlPath(
  configured: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
  uid: number = process.getuid?.() ?? 0,
): ControlPath | undefined {
  if (configured === 'off') return undefined
  const place = configured === 'auto' ? usualPath(env, uid) : { path: configured, ownFolder: undefined }
  if (Buffer.byteLength(place.path) <= MAX_PATH_BYTES) return place
  throw new CannotRunError(
    `${place.path}: the path of a socket has at most ${MAX_PATH_BYTES} octets; set control: to a shorter one`,
  )
}

function usualPath(env: Readonly<Record<string, string | undefined>>, uid: number): ControlPath {
  const { XDG_RUNTIME_DIR: runtime = '' } = env
  // some environments name a folder that nobody made
  const hasRuntime = runtime.startsWith('/') && statSync(runtime, { throwIfNoEntry: false })?.isDirectory()
  const ownFolder = hasRuntime ? undefined : join(tmpdir(), `veilgate-${uid}`)
  return { path: join(ownFolder ?? runtime, 'veilgate.sock'), ownFolder }
}
