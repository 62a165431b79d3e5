import { closeSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'
import { CannotRunError } from '../errors.js'
import { bindFault } from './bind.js'
import { listenerUrl } from './listener.js'
import type { NativeAddon } from './native-addon.js'

/**
 * Sockets that listen at one port (`SO_REUSEPORT`), one for each process that accepts there. The kernel
 * spreads clients over them. They are held here as well: who comes while a process is replaced waits in its socket.
 */
export type PortGroup = {
  /** `http://127.0.0.1:3128`, with the port that was taken. */
  readonly url: string
  /** The descriptor of a member, 0-based, to be inherited; opened again after `giveUp`. @throws {CannotRunError} */
  descriptorOf(member: number): number
  /** Nobody will accept at this one: who waits there is reset, and the others get whoever comes from now on. */
  giveUp(member: number): void
  /** Sends all clients to the next member, until it is called again or `spread` is. */
  passTurn(): void
  /** Lets the kernel spread clients over all members again. */
  spread(): void
  /** Gives up all. Clients are refused when the processes that inherited them have closed them, too. */
  close(): void
}

/** No socket has this index. */
const NOBODY = 0xffff_ffff

/**
 * Opens all sockets of a group.
 *
 * @param ip an address literal
 * @param port 0 for any free one, the same for all
 * @throws {CannotRunError} the port is taken, also by another group, or may not be bound
 */
export function openPortGroup(addon: NativeAddon, ip: string, port: number, members: number): PortGroup {
  const descriptors: (number | undefined)[] = []
  let taken = port
  let turn = 0

  function open(): number {
    const isFirst = descriptors.every((descriptor) => descriptor === undefined)
    const opened = addon.openShared(ip, taken, isFirst)
    if (typeof opened === 'number') {
      const code = getSystemErrorName(opened)
      throw new CannotRunError(bindFault({ code, message: code }, { host: ip, port: taken }))
    }
    taken = opened[1]
    return opened[0]
  }

  function giveUp(member: number): void {
    const descriptor = descriptors[member]
    descriptors[member] = undefined
    if (descriptor !== undefined) closeSync(descriptor)
  }

  /** Where the kernel does not do it, clients stay spread, as good as before. */
  function steer(index: number): void {
    const descriptor = descriptors.find((open) => open !== undefined)
    if (descriptor !== undefined) addon.steerClients(descriptor, index)
  }

  function close(): void {
    for (const member of descriptors.keys()) giveUp(member)
  }

  try {
    for (let member = 0; member < members; member++) descriptors[member] = open()
  } catch (error) {
    close()
    throw error
  }
  return {
    url: listenerUrl(ip, taken),
    descriptorOf(member) {
      const descriptor = descriptors[member] ?? open()
      descriptors[member] = descriptor
      return descriptor
    },
    giveUp,
    passTurn() {
      const members = descriptors.filter((descriptor) => descriptor !== undefined).length
      turn = turn + 1 < members ? turn + 1 : 0
      steer(turn)
    },
    spread: () => steer(NOBODY),
    close,
  }
}
