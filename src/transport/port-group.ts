import { closeSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'
import { CannotRunError } from '../errors.js'
import { bindFault, listenerUrl } from './listener.js'
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
  /** Gives up all. Clients are refused when the processes that inherited them have closed them, too. */
  close(): void
}

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

  function open(): number {
    const isFirst = descriptors.every((descriptor) => descriptor === undefined)
    const opened = addon.openShared(ip, taken, isFirst)
    if (typeof opened === 'number') {
      const code = getSystemErrorName(opened)
      throw new CannotRunError(bindFault({ code, message: code }, ip, taken))
    }
    taken = opened[1]
    return opened[0]
  }

  function giveUp(member: number): void {
    const descriptor = descriptors[member]
    descriptors[member] = undefined
    if (descriptor !== undefined) closeSync(descriptor)
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
    close,
  }
}
