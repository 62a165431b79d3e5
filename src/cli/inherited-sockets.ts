/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST = 3

/**
 * Descriptors of listening sockets that a service manager has opened for this process (socket activation,
 * sd_listen_fds(3)). The variables are taken out of the environment, so that no process started later believes that they
 * are meant for it.
 *
 * @param env changed by this
 */
export function takeInheritedSockets(env: Record<string, string | undefined>, pid: number): readonly number[] {
  const { LISTEN_PID, LISTEN_FDS } = env
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name]
  const count = Number(LISTEN_FDS)
  if (LISTEN_PID !== String(pid) || !Number.isInteger(count) || count < 1) return []
  return Array.from({ length: count }, (_, i) => FIRST + i)
}
