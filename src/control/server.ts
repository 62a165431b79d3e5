import { existsSync, lstatSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { refuseCacheDirectory } from '../config/cache-directory.js'
import { CannotRunError, InputError } from '../errors.js'
import type { ControlPath } from './control-path.js'
import { type ControlAnswer, type ControlRequest, MAX_REQUEST_BYTES, parseRequest, toLine } from './protocol.js'
import { readLine } from './read-line.js'

/** What a command gives back becomes JSON. @throws {InputError} what was asked for is wrong */
export type ControlCommand = (request: ControlRequest) => unknown

export type ControlServer = {
  readonly path: string
  close(): Promise<void>
}

/** Whoever connects has something to say. */
const REQUEST_TIMEOUT_MS = 5_000

/**
 * Listens on a Unix socket of this user alone (0600). A socket that nobody listens
 * on any more is replaced; one that somebody listens on is left alone.
 *
 * @throws {CannotRunError} saying why there is none
 */
export async function openControlServer(
  { path, ownFolder }: ControlPath,
  commands: Readonly<Record<string, ControlCommand>>,
): Promise<ControlServer> {
  const refused = ownFolder === undefined ? undefined : await refuseCacheDirectory(ownFolder, true)
  if (refused !== undefined) throw new CannotRunError(refused)
  if (!existsSync(dirname(path))) throw new CannotRunError(`${path}: its folder does not exist`)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    void serve(socket, commands)
  })
  try {
    await listen(server, path)
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw cannotListen(path, error)
    await replaceStale(server, path)
  }
  // what is not bound to the process must not keep it
  server.unref()
  return {
    path,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // the socket is made within this call, for nobody else at any time
    const before = process.umask(0o177)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
    process.umask(before)
  })
}

async function replaceStale(server: Server, path: string): Promise<void> {
  const seen = identityOf(path)
  if (seen === undefined) throw new CannotRunError(`${path} is there and is no socket`)
  if (await isAnswered(path)) throw new CannotRunError(`${path} belongs to another veilgate that is running`)
  // somebody may have replaced it meanwhile; what follows happens in this turn
  if (identityOf(path) !== seen) throw new CannotRunError(`${path} was taken by another veilgate`)
  try {
    unlinkSync(path)
    await listen(server, path)
  } catch (error) {
    throw cannotListen(path, error)
  }
}

/** Undefined for what is no socket: it is not ours to remove. The number of an inode alone is soon given again. */
function identityOf(path: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false, bigint: true })
  return stats?.isSocket() ? `${stats.ino} ${stats.ctimeNs}` : undefined
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    // refused: nobody listens. Anything else (no permission, a full queue) is a reason to leave it alone
    socket.once('error', (error) => resolve(codeOf(error) !== 'ECONNREFUSED'))
  })
}

async function serve(socket: Socket, commands: Readonly<Record<string, ControlCommand>>): Promise<void> {
  socket.setTimeout(REQUEST_TIMEOUT_MS, () => socket.destroy())
  const line = await readLine(socket, MAX_REQUEST_BYTES)
  // a command takes the time it takes
  socket.setTimeout(0)
  const request = line === undefined ? undefined : parseRequest(line)
  if (request === undefined) socket.destroy()
  else socket.end(toLine(await answer(request, commands)))
}

async function answer(
  request: ControlRequest,
  commands: Readonly<Record<string, ControlCommand>>,
): Promise<ControlAnswer> {
  const command = Object.hasOwn(commands, request.command) ? commands[request.command] : undefined
  if (command === undefined) return { ok: false, error: `no command ${request.command}` }
  try {
    return { ok: true, result: await command(request) }
  } catch (error) {
    if (error instanceof InputError) return { ok: false, problems: error.problems }
    return { ok: false, error: error instanceof Error ? error.message : String(error) }
  }
}

function cannotListen(path: string, error: unknown): CannotRunError {
  const why = codeOf(error) === 'EACCES' ? 'permission denied' : error instanceof Error ? error.message : String(error)
  return new CannotRunError(`${path}: ${why}`)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
