import { describe, expect, test } from 'vitest'
import { judge, seedsOf } from './areas/area.js'
import { AREAS } from './areas/areas.js'

// What was found once holds for good: each finding is a seed.
describe.each(AREAS)('a seed of $name', (area) => {
  test.each(seedsOf(area.name))('holds: $path', async ({ path, bytes }) => {
    await expect(judge(area, bytes, path)).resolves.toBeTypeOf('boolean')
  })
})
