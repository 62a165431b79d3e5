import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const BUILT = new URL('../../../dist/cli/young-generation.js', import.meta.url)

/** In a process of its own: how large the young generation is after much has survived while it was held, and after it was released. */
const PROGRAM = `
  import { getHeapSpaceStatistics } from 'node:v8'
  import { holdYoungGeneration, releaseYoungGeneration } from '${BUILT}'
  const size = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size
  const survivors = []
  const survive = () => { for (let i = 0; i < 300_000; i++) survivors.push({ i: [i] }) }
  holdYoungGeneration()
  survive()
  const held = size()
  releaseYoungGeneration()
  survive()
  console.log(JSON.stringify({ held, released: size() }))
`

test('what survives enlarges the young generation only after it was released', () => {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], { encoding: 'utf8' })
  const { held, released } = JSON.parse(stdout)
  expect(released).toBeGreaterThan(held)
})
