import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// What fuzz.mjs tells the tests that it runs, and what they tell it.

const { FUZZ_RUNS = '100', FUZZ_AREA_MS, FUZZ_REPORT } = process.env

/** A batch of mutated inputs for each number: as many as `FUZZ_RUNS` asks for, or until the time of an area is over. */
export function* rounds(): Generator<number> {
  const end = FUZZ_AREA_MS === undefined ? Number.POSITIVE_INFINITY : performance.now() + Number(FUZZ_AREA_MS)
  const count = FUZZ_AREA_MS === undefined ? Math.ceil(Number(FUZZ_RUNS) / 25) : Number.POSITIVE_INFINITY
  for (let i = 0; i < count && performance.now() < end; i++) yield i
}

/** For a test that has much to do, on a machine that has much to do; fuzz.mjs looks at the clock itself. */
export const PATIENCE_MS = FUZZ_REPORT === undefined ? 120_000 : 0

/** What one property or area did. */
export type Done = {
  readonly name: string
  readonly inputs: number
  /** Of the areas, whose inputs may be taken or refused. */
  readonly taken?: number
}

export function report(done: Done): void {
  if (FUZZ_REPORT !== undefined) appendFileSync(FUZZ_REPORT, `${JSON.stringify(done)}\n`)
}

/** Keeps what broke an invariant, and says where. */
export function saveFinding(name: string, content: string | Uint8Array): string {
  const folder = fileURLToPath(new URL('../../fuzz-findings', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name.replaceAll(/[^a-z0-9.]+/gi, '-').slice(0, 100))
  writeFileSync(file, content)
  return file
}
