import { type LineForm, regularNameEnd } from './line-form.js'

/** Reads lines that are written in a known form, by their bytes. */
export type FormReader = {
  /** Of the line read last: where its name starts and ends, and its line feed. */
  readonly nameStart: number
  readonly nameEnd: number
  readonly lineEnd: number
  /**
   * The line that starts at `start` and ends before `end`, with its line feed.
   *
   * @returns the number of its form, -1 where it is in none
   */
  read(bytes: Uint8Array, start: number, end: number): number
  add(form: Pick<LineForm, 'prefix' | 'suffix'>, number: number): void
}

type KnownForm = { readonly number: number; readonly prefix: Uint8Array; readonly suffix: Uint8Array }

/** Lists are written in few forms; a file with more is read line by line once these are taken. */
export const MAX_FORMS_PER_SOURCE = 16

const NEWLINE = 0x0a
const RETURN = 0x0d

/** One for each list: the last form that fitted is tried first. */
export function createFormReader(): FormReader {
  const forms: KnownForm[] = []
  const encoder = new TextEncoder()
  let nameStart = 0
  let nameEnd = 0
  let lineEnd = 0

  function fits({ prefix, suffix }: KnownForm, bytes: Uint8Array, start: number, end: number): boolean {
    const from = start + prefix.length
    if (from >= end) return false
    for (let i = 0; i < prefix.length; i++) if (bytes[start + i] !== prefix[i]) return false
    const to = regularNameEnd(bytes, from, end)
    let after = to + suffix.length
    if (to === from || after >= end) return false
    for (let i = 0; i < suffix.length; i++) if (bytes[to + i] !== suffix[i]) return false
    if (bytes[after] === RETURN) after++
    if (after >= end || bytes[after] !== NEWLINE) return false
    nameStart = from
    nameEnd = to
    lineEnd = after
    return true
  }

  return {
    get nameStart() {
      return nameStart
    },
    get nameEnd() {
      return nameEnd
    },
    get lineEnd() {
      return lineEnd
    },

    read(bytes, start, end) {
      for (let i = 0; i < forms.length; i++) {
        const form = forms[i] as KnownForm
        if (!fits(form, bytes, start, end)) continue
        if (i > 0) {
          forms[i] = forms[0] as KnownForm
          forms[0] = form
        }
        return form.number
      }
      return -1
    },

    add({ prefix, suffix }, number) {
      forms.push({ number, prefix: encoder.encode(prefix), suffix: encoder.encode(suffix) })
    },
  }
}
