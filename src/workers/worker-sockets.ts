import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Config } from '../config/config.js'
import { toListenAddress } from '../config/listen-url.js'
import { chooseEngine } from '../transport/native-addon.js'
import { openPortGroup, type PortGroup } from '../transport/port-group.js'

/** The sockets at which workers with the native engine accept: for each listen address one for each worker. */
export type WorkerSockets = {
  /** URLs of the listeners, with the ports taken. */
  readonly addresses: readonly string[]
  /** Descriptors of this process, one for each address. @param worker 0-based @throws {CannotRunError} opened again in vain */
  of(worker: number): readonly number[]
  /** The worker is not started again for now: the others get its clients. */
  giveUp(worker: number): void
  /** At each address clients go to the next worker only, until it is called again or `spread` is. */
  passTurn(): void
  spread(): void
  close(): void
}

/**
 * Chooses the engine of the workers, and opens their sockets where it is the native one.
 *
 * @param onNotice told why it is not, where it could have been
 * @returns undefined for the engine js: Node opens the socket that all of them share
 * @throws {CannotRunError} a port is taken or may not be bound, or the engine that is wanted cannot be had
 */
export async function openWorkerSockets(
  config: Config,
  workers: number,
  onNotice: (message: string) => void,
): Promise<WorkerSockets | undefined> {
  const choice = chooseEngine(config.engine)
  if (choice.engine === 'js') {
    if (choice.why !== '') onNotice(`the engine native cannot run, so js does: ${choice.why}`)
    return undefined
  }
  const groups: PortGroup[] = []
  const close = (): void => {
    for (const group of groups) group.close()
  }
  try {
    for (const url of config.listen) {
      const { address, port } = toListenAddress(url)
      const ip = isIP(address) === 0 ? (await lookup(address)).address : address
      groups.push(openPortGroup(choice.addon, ip, port, workers))
    }
  } catch (error) {
    close()
    throw error
  }
  return {
    addresses: groups.map(({ url }) => url),
    of: (worker) => groups.map((group) => group.descriptorOf(worker)),
    giveUp(worker) {
      for (const group of groups) group.giveUp(worker)
    },
    passTurn() {
      for (const group of groups) group.passTurn()
    },
    spread() {
      for (const group of groups) group.spread()
    },
    close,
  }
}
