// Writes the compiled form of a list, for cases/load.mjs.
import { loadEngine } from '../engines/engine.mjs'

/** @param {{ engine: string, file: string, keptIn: string }} parameters */
export async function run({ engine: name, file, keptIn }) {
  const engine = await loadEngine(name)
  await engine.keep(await engine.load(file), keptIn, file)
  return {}
}
