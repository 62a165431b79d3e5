import { readdirSync, readFileSync } from 'node:fs'

/** The events that each set of epoll of this process watches for, a number for each descriptor in it. */
export function watchedEvents(): number[] {
  return readdirSync('/proc/self/fdinfo').flatMap((descriptor) => {
    const told = readOrNothing(`/proc/self/fdinfo/${descriptor}`).matchAll(/^tfd:.* events: *([0-9a-f]+)/gm)
    return Array.from(told, ([, events = '']) => Number.parseInt(events, 16))
  })
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // the descriptor that reads the directory is gone
    return ''
  }
}
