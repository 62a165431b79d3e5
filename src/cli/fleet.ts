import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { createAuthorityReader, createUpstreamAuthorityReader } from '../config/authority-file.js'
import type { Config } from '../config/config.js'
import type { Logger } from '../observe/logger.js'
import type { Supervisor } from '../workers/supervisor.js'

/** Worker processes, and what the process that started them does for them. */
export type WorkerFleet = {
  readonly supervisor: Supervisor
  /** To be called when the workers have ended. */
  close(): Promise<void>
}

/** How many processes serve clients. */
export function workersOf({ workers }: Config): number {
  return workers === 'auto' ? availableParallelism() : workers
}

/**
 * Undefined for one worker, which is this process.
 *
 * @param onNoneLeft no worker serves, and none will be started again
 */
export async function createFleet(
  config: Config,
  { json }: { readonly json?: true },
  logger: Logger,
  onNoneLeft: () => void,
): Promise<WorkerFleet | undefined> {
  const workers = workersOf(config)
  if (workers === 1) return undefined
  // one worker needs none of this
  const [{ createSupervisor }, { createSpawner }, { createImageStore }, { createJoinedLines }, { openWorkerSockets }] =
    await Promise.all([
      import('../workers/supervisor.js'),
      import('../workers/spawn-worker.js'),
      import('../workers/image-store.js'),
      import('../workers/joined-lines.js'),
      import('../workers/worker-sockets.js'),
    ])
  const lines = createJoinedLines(json === true ? 2 : 1, (message) => logger.warn(message))
  const supervisor = createSupervisor({
    workers,
    spawn: createSpawner(),
    images: createImageStore(),
    openSockets: (wanted) => openWorkerSockets(wanted, workers, (message) => logger.info(message)),
    logger,
    outlet: lines.outlet,
    authorityOf: createAuthorityReader(),
    upstreamAuthoritiesOf: createUpstreamAuthorityReader(),
    secret: randomBytes(16).toString('hex'),
    onLines: lines.write,
    onNoneLeft,
  })
  return { supervisor, close: lines.close }
}
