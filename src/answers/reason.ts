import { ERROR_CATALOG } from '../errors.js'
import type { Refusal } from './refusal-data.js'

/** Why, in a sentence: the catalog's summary and what exactly was wrong. A rule is told by itself, so its place is not repeated. */
export function reasonFor({ code, detail, rule }: Refusal): string {
  if (code === 'VG_REQUEST_BLOCKED' && rule === null) return 'no rule allows this target'
  const { summary } = ERROR_CATALOG[code]
  return detail === null || detail === '' || rule !== null ? summary : `${summary}: ${detail}`
}
