import { describe, test } from 'vitest'
import { type Area, judge, type Seed, seedsOf } from './areas/area.js'
import { AREAS } from './areas/areas.js'
import { PATIENCE_MS, report, rounds, saveFinding } from './budget.js'
import { firstSeed, hasZzuf, inputsOf, type Mutation, mutated, mutationOf } from './mutate.js'
import { shrink } from './shrink.js'

const COPIES = 50

// The invariants of each area hold for its seeds with any bits changed.
describe.each(AREAS)('$name', (area) => {
  test.skipIf(!hasZzuf)(
    'hold what they promise whatever zzuf makes of their seeds',
    async () => {
      const seeds = seedsOf(area.name)
      let inputs = 0
      let taken = 0
      for (const i of rounds()) {
        const seed = seeds[(firstSeed + i) % seeds.length]
        if (seed === undefined) throw new Error(`no seeds for ${area.name}`)
        const mutation = mutationOf(firstSeed + i + Math.floor(i / seeds.length))
        for (const input of inputsOf(mutated(seed.bytes, COPIES, mutation), seed.bytes)) {
          if (await holds(area, input, seed, mutation)) taken++
          inputs++
        }
      }
      report({ name: `zzuf: ${area.name}`, inputs, taken })
    },
    PATIENCE_MS,
  )
})

async function holds(area: Area, input: Buffer, { path }: Seed, mutation: Mutation): Promise<boolean> {
  try {
    return await judge(area, input, path)
  } catch (error) {
    const smallest = await shrink(input, (shorter) => breaks(area, shorter, path))
    const file = saveFinding(`${area.name}-${mutation.seed}-${path}`, smallest)
    throw new Error(`${area.name}: ${file}, of ${path} by ${JSON.stringify(mutation)}`, { cause: error })
  }
}

async function breaks(area: Area, input: Buffer, path: string): Promise<boolean> {
  try {
    await judge(area, input, path)
    return false
  } catch {
    return true
  }
}
