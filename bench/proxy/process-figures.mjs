// What the system says of a process and all that it started (proc(5)).
import { readdirSync, readFileSync } from 'node:fs'

/** Of the clock in /proc, which Linux fixes for programs. */
const TICK_MS = 10
const PAGE_BYTES = 4096

/** @param {number} root pid @returns {{ cpuMs: number, residentBytes: number, descriptors: number }} */
export function figuresOf(root) {
  const all = processes()
  let cpuMs = 0
  let residentBytes = 0
  let descriptors = 0
  for (const { pid, ticks, pages } of withChildren(root, all)) {
    cpuMs += ticks * TICK_MS
    residentBytes += pages * PAGE_BYTES
    descriptors += readdirSync(`/proc/${pid}/fd`).length
  }
  return { cpuMs, residentBytes, descriptors }
}

function withChildren(pid, all) {
  const own = all.filter((one) => one.pid === pid)
  return [...own, ...all.filter(({ parent }) => parent === pid).flatMap((child) => withChildren(child.pid, all))]
}

function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // the name of the program, in brackets, may hold anything
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
        const fields = stat
          .slice(stat.lastIndexOf(')') + 2)
          .split(' ')
          .map(Number)
        const [parent, pages] = [fields[1], fields[21]]
        // user and system time, its own and that of children that have ended
        const ticks = fields[11] + fields[12] + fields[13] + fields[14]
        return { pid: Number(name), parent, ticks, pages }
      } catch {
        return []
      }
    })
}
