// Time to load a list, and how much more is resident then than before. Both are of one process: two idle processes of
// one program differ by 6 MiB, which is 6 bytes a rule for a million.
import { loadEngine } from '../engines/engine.mjs'
import { restingBytes } from '../measure/memory.mjs'
import { timed } from '../measure/time.mjs'

/** @param {{ engine: string, file: string, keptIn?: string }} parameters `keptIn`: read what `keep` wrote there, not the text */
export async function run({ engine: name, file, keptIn }) {
  const engine = await loadEngine(name)
  const emptyBytes = await restingBytes()
  const load = () => (keptIn === undefined ? engine.load(file) : engine.loadKept(keptIn, file))
  const { wallMs, cpuMs, value } = await timed(load)
  const addedBytes = (await restingBytes()) - emptyBytes
  // what was loaded must live until here
  if (value === undefined) throw new Error('nothing was loaded')
  return { wallMs, cpuMs, addedBytes }
}
