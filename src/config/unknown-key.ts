import { distance } from 'fastest-levenshtein'
import type { DocumentGrammar, JsonSchema } from './document-grammar.js'

/** Edits that still read as a slip of the hand: two, three in a long word. */
const nearEnough = (key: string): number => (key.length > 8 ? 3 : 2)

/** What to say of a key that the section at `path` does not have: a later version's, a slip, another section's, or none. */
export function unknownKey({ json, laterKeys }: DocumentGrammar, path: readonly PropertyKey[], key: string): string {
  if (laterKeys.has([...path, key].filter((part) => typeof part !== 'number').join('.')))
    return 'this version does not have this key yet; take it out'
  if (key === '<<') return 'merge keys are not read; write the keys out'

  const here = keysAt(json, path)
  const plain = toPlain(key)
  const near = here
    .map((known) => ({ known, edits: distance(plain, toPlain(known)) }))
    .filter(({ edits }) => edits <= nearEnough(key))
    .sort((a, b) => a.edits - b.edits)[0]
  if (near !== undefined) return `unknown key; did you mean ${near.known}?`
  const elsewhere = paths(json, '').find((known) => known.endsWith(`.${key}`))
  if (elsewhere !== undefined) return `unknown key here; write it as ${elsewhere}`
  return `unknown key; here belong ${here.join(', ')}`
}

function keysAt(json: JsonSchema, path: readonly PropertyKey[]): readonly string[] {
  let shape: JsonSchema | undefined = json
  for (const part of path) {
    shape =
      typeof part === 'number'
        ? (shape?.items?.anyOf?.find(({ properties }) => properties) ?? shape?.items)
        : (shape?.properties?.[String(part)] ?? entryOf(shape))
  }
  return Object.keys(shape?.properties ?? shape?.anyOf?.find(({ properties }) => properties)?.properties ?? {})
}

/** What stands under names of the user's own. */
function entryOf(shape: JsonSchema | undefined): JsonSchema | undefined {
  const entry = shape?.additionalProperties
  return typeof entry === 'object' ? entry : undefined
}

function paths({ properties = {} }: JsonSchema, prefix: string): readonly string[] {
  return Object.entries(properties).flatMap(([key, shape]) => [`${prefix}${key}`, ...paths(shape, `${prefix}${key}.`)])
}

/** `head-timeout`, `head_timeout` and `headtimeout` are no slips apart. */
function toPlain(key: string): string {
  return key.toLowerCase().replaceAll(/[-_]/g, '')
}
