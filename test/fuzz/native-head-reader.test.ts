import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { createTempFolder } from '../helpers/temp-folder.js'
import { type Seed, seedsOf } from './areas/area.js'
import { report, rounds, saveFinding } from './budget.js'
import { firstSeed, hasZzuf, inputsOf, mutated, mutationOf } from './mutate.js'
import { shrink } from './shrink.js'

/** A process is started for each batch. */
const COPIES = 1_000
const COMPILE_MS = 120_000
const SANITIZE = ['-std=c++17', '-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']

const native = fileURLToPath(new URL('../../native', import.meta.url))
const program = join(createTempFolder().path, 'head_reader_fuzz')
const hasCompiler = spawnSync('c++', ['--version']).status === 0
const seeds = seedsOf('connect-heads')

// The C++ reads each head, in pieces of any size, as its plain twin does, and touches no octet beyond it.
describe.skipIf(!hasCompiler)('the native head reader, under AddressSanitizer and UBSan', () => {
  beforeAll(() => {
    const sources = ['src/head_reader.cc', 'test/head_reader_fuzz.cc'].map((name) => join(native, name))
    const { status, stderr } = spawnSync('c++', [...SANITIZE, ...sources, '-o', program], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
  }, COMPILE_MS)

  test.each(seeds)('holds: $path', ({ bytes }) => {
    expect(run(bytes, bytes.length)).toMatchObject({ status: 0, stderr: '' })
  })

  test.skipIf(!hasZzuf)('holds whatever zzuf makes of the seeds', async () => {
    let inputs = 0
    let taken = 0
    for (const i of rounds()) {
      const seed = seeds[(firstSeed + i) % seeds.length]
      if (seed === undefined) throw new Error('no seeds')
      const batch = mutated(seed.bytes, COPIES, mutationOf(firstSeed + i + Math.floor(i / seeds.length)))
      const { status, stdout, stderr } = run(batch, seed.bytes.length)
      if (status !== 0) throw await finding(batch, seed, stderr)
      inputs += COPIES
      taken += Number(/(\d+) taken/.exec(stdout)?.[1])
    }
    report({ name: 'zzuf: native head reader', inputs, taken })
  })
})

function run(input: Buffer, length: number) {
  return spawnSync(program, ['--heads', `${length}`], { input, encoding: 'utf8' })
}

async function finding(batch: Buffer, { path, bytes }: Seed, stderr: string): Promise<Error> {
  const fails = (input: Buffer) => input.length > 0 && run(input, input.length).status !== 0
  const input = inputsOf(batch, bytes).find(fails) ?? batch
  const file = saveFinding(`connect-heads-${path}`, await shrink(input, async (shorter) => fails(shorter)))
  return new Error(`${file}, of ${path}: ${stderr}`)
}
