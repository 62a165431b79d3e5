import { spawnSync } from 'node:child_process'

export const hasZzuf = spawnSync('zzuf', ['--version']).status === 0

/** Other mutations each time, unless `FUZZ_SEED` is given. */
export const firstSeed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)

/** How zzuf changes bits: the same always gives the same. */
export type Mutation = {
  readonly seed: number
  /** Share of the bits that are changed, 0 to 1. */
  readonly ratio: number
  /** Octets that no change makes, as zzuf writes them. */
  readonly refuse: string
}

const RATIOS: readonly number[] = [0.0001, 0.0005, 0.002, 0.01]
/** Any octet; none beyond ASCII; only what can be typed. */
const REFUSED: readonly string[] = ['', '\\x80-\\xff', '\\x00-\\x09\\x0b-\\x1f\\x7f-\\xff']

/** The mutations for a seed of zzuf: one by one they go through all ratios and ranges. */
export function mutationOf(seed: number): Mutation {
  return { seed, ratio: RATIOS[seed % RATIOS.length] ?? 0, refuse: REFUSED[seed % REFUSED.length] ?? '' }
}

/**
 * Copies of the octets, one behind the other, each with other bits changed: a start of zzuf costs more than thousands of
 * mutations.
 */
export function mutated(bytes: Buffer, copies: number, { seed, ratio, refuse }: Mutation): Buffer {
  const range = refuse === '' ? [] : ['-R', refuse]
  const { stdout, status, error } = spawnSync('zzuf', ['-s', `${seed}`, '-r', `${ratio}`, ...range], {
    input: Buffer.concat(Array.from({ length: copies }, () => bytes)),
    maxBuffer: 1 << 30,
  })
  if (status === 0 && stdout.length === bytes.length * copies) return stdout
  throw error ?? new Error(`zzuf ended with ${status}`)
}

/** What `mutated` wrote, cut into inputs; those that are as the seed was are left out. */
export function inputsOf(bytes: Buffer, seed: Buffer): readonly Buffer[] {
  return Array.from({ length: bytes.length / seed.length }, (_, i) =>
    bytes.subarray(i * seed.length, (i + 1) * seed.length),
  ).filter((input) => !input.equals(seed))
}
