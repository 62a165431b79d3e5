import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Something that reads octets of strangers. */
export type Area = {
  /** The folder of its seeds. */
  readonly name: string
  /**
   * Reads an input; true where it is taken, false where it is refused as it should be.
   *
   * @param seed the path of the seed that the input was made from, below the folder of the area
   * @throws {Error} an invariant does not hold
   */
  reads(input: Buffer, seed: string): boolean | Promise<boolean>
}

export type Seed = { readonly path: string; readonly bytes: Buffer }

/** The seeds of an area, in the order of their paths. */
export function seedsOf(area: string): readonly Seed[] {
  const folder = fileURLToPath(new URL(`../seeds/${area}`, import.meta.url))
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((file) => ({ path: file.slice(folder.length + 1), bytes: readFileSync(file) }))
}

/** Processor time, not time: a machine that is busy with other things finds nothing here. */
const MAX_PROCESSOR_MS = 5_000

/** `reads`, which also must come to an end. */
export async function judge(area: Area, input: Buffer, seed: string): Promise<boolean> {
  const before = process.cpuUsage()
  const taken = await area.reads(input, seed)
  const { user, system } = process.cpuUsage(before)
  const ms = (user + system) / 1_000
  if (ms > MAX_PROCESSOR_MS) throw new Error(`${input.length} octets took ${Math.round(ms)} ms of processor time`)
  return taken
}
