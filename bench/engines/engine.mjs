/**
 * What is measured: rules of one file, asked for one host.
 *
 * @template State, Query
 * @typedef {object} Engine
 * @property {(file: string) => Promise<State>} load from text
 * @property {(state: State, folder: string, file: string) => Promise<void>} [keep] writes what `loadKept` reads
 * @property {(folder: string, file: string) => Promise<State>} [loadKept]
 * @property {(host: string) => Query} toQuery what a program has at hand when it asks; not part of a lookup
 * @property {(state: State, query: Query) => boolean} isBlocked
 */

/** One of the files beside this one, so that a process loads no other. @param {string} name @returns {Promise<Engine<any, any>>} */
export async function loadEngine(name) {
  const { engine } = await import(`./${name}.mjs`)
  return engine
}
