import { spawn } from 'node:child_process'

/** What systemd is told of a service of `Type=notify` (sd_notify(3)). Each resolves when it has been told; none fails. */
export type ServiceManager = {
  ready(status: string): Promise<void>
  reloading(): Promise<void>
  stopping(): Promise<void>
}

export type ServiceManagerOptions = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onWarning: (message: string) => void
  /** Clock of CLOCK_MONOTONIC, in nanoseconds. */
  readonly monotonic: () => bigint
}

/**
 * Tells the service manager that started this process, if one did (`NOTIFY_SOCKET`), through the program
 * `systemd-notify`: Node has no datagram Unix sockets. The unit must say `NotifyAccess=all`, because the message
 * comes from that program's process.
 */
export function createServiceManager({ env, onWarning, monotonic }: ServiceManagerOptions): ServiceManager {
  const { NOTIFY_SOCKET: socket = '' } = env
  let told: Promise<void> = Promise.resolve()
  let hasWarned = false

  function warn(why: string): void {
    if (hasWarned) return
    hasWarned = true
    onWarning(`the service manager is not told how veilgate stands: ${why}`)
  }

  function notify(...assignments: readonly string[]): Promise<void> {
    if (socket === '') return Promise.resolve()
    // one after the other, or an old state would come last
    told = told.then(() => run(assignments))
    return told
  }

  function run(assignments: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      const child = spawn('systemd-notify', assignments, {
        stdio: 'ignore',
        env: { PATH: env.PATH ?? '/usr/bin:/bin', NOTIFY_SOCKET: socket },
      })
      child.on('error', (error) => {
        warn(error.message)
        resolve()
      })
      child.on('exit', (code) => {
        if (code !== 0) warn(`systemd-notify ended with ${code}`)
        resolve()
      })
    })
  }

  return {
    ready: (status) => notify('READY=1', `STATUS=${status}`),
    // systemd.service(5), Type=notify-reload: the clock tells which of two reloads is meant
    reloading: () => notify('RELOADING=1', `MONOTONIC_USEC=${monotonic() / 1_000n}`),
    stopping: () => notify('STOPPING=1'),
  }
}
