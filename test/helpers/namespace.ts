import { spawnSync } from 'node:child_process'
import { type CommandResult, runCommand } from './run-command.js'

/** As root of a user namespace: no rights outside of it are needed. */
const UNSHARE = ['--map-root-user', '--net', '--mount'] as const

/** Whether this machine lets us have a network and a mount table of our own; says so where it does not. */
export function hasNamespaces(): boolean {
  const probe = 'ip link set lo up && mount --bind /etc/hosts /etc/hosts'
  const { status } = spawnSync('unshare', [...UNSHARE, 'sh', '-c', probe], { stdio: 'ignore' })
  if (status !== 0) console.log('skipped: no network namespaces on this machine (unshare, iproute2)')
  return status === 0
}

export type NamespaceOptions = {
  /** Added to the loopback interface, which is the only one: nothing leaves. */
  readonly addresses: readonly string[]
  /** A file that stands in for /etc/hosts. */
  readonly hostsFile: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** Runs a command in a network of its own. */
export function runInNamespace(
  command: readonly string[],
  { addresses, hostsFile, cwd, env }: NamespaceOptions,
): Promise<CommandResult> {
  const steps = [
    'set -e',
    'mount --bind "$1" /etc/hosts',
    'shift',
    'ip link set lo up',
    ...addresses.map((address) => `ip address add ${address} dev lo`),
    'exec "$@"',
  ]
  return runCommand('unshare', [...UNSHARE, 'sh', '-c', steps.join('\n'), 'sh', hostsFile, ...command], { cwd, env })
}
