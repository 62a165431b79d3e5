/** What a published list says of itself in the comments at its head. */
export type ListDirectives = {
  readonly title?: string
  readonly homepage?: string
  /** Milliseconds after which its author wants it fetched again. */
  readonly expiresMs?: number
}

/** Headers of lists are short; a directive further down is a sentence of somebody's comment. */
const HEAD_CHARS = 8_192
const MAX_VALUE_CHARS = 300

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * `! Title:`, `! Homepage:` and `! Expires:` of Adblock Plus's header, also behind `#` and `;`
 * as hosts files and plain lists write it. `Expires` is a number of days, or of hours where it says
 * so (`4 days`, `12 hours`, `6h`); the first of each directive counts.
 */
export function parseDirectives(text: string): ListDirectives {
  let title: string | undefined
  let homepage: string | undefined
  let expiresMs: number | undefined
  for (const line of text.slice(0, HEAD_CHARS).split('\n')) {
    const [, name = '', value = ''] = /^\uFEFF?[!#;]+\s*(title|homepage|expires)\s*:\s*(.+?)\s*$/i.exec(line) ?? []
    const plain = value.replaceAll(/\p{Cc}/gu, ' ').slice(0, MAX_VALUE_CHARS)
    switch (name.toLowerCase()) {
      case 'title':
        title ??= plain
        break
      case 'homepage':
        homepage ??= plain
        break
      case 'expires':
        expiresMs ??= parseExpires(plain)
    }
  }
  return {
    ...(title !== undefined && { title }),
    ...(homepage !== undefined && { homepage }),
    ...(expiresMs !== undefined && { expiresMs }),
  }
}

function parseExpires(value: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,4})\s*([a-z]?)/i.exec(value) ?? []
  const count = Number(digits)
  if (count === 0) return undefined
  return count * (unit.toLowerCase() === 'h' ? HOUR_MS : DAY_MS)
}
