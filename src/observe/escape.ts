// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const NOT_PRINTABLE = /[\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]/gu

/** What `NOT_PRINTABLE` finds and JSON leaves alone: C0 controls are escaped by `JSON.stringify` already. */
const NOT_PRINTABLE_IN_JSON = /[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/**
 * One line of text that cannot move a terminal's cursor, begin a second line or
 * turn its own reading direction: such characters become `\u001b`.
 */
export function escapeControls(text: string): string {
  return text.replace(NOT_PRINTABLE, unicodeEscape)
}

/** JSON of one line in which such characters are escaped too. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(NOT_PRINTABLE_IN_JSON, unicodeEscape)
}

/** A text as JSON, escaped like `jsonLine`; printable ASCII, which nearly all is, is only looked at. */
export function quotedJson(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 0x20 || c > 0x7e || c === 0x22 || c === 0x5c) return jsonLine(text)
  }
  return `"${text}"`
}

/**
 * Inside the quotes of `common` and `combined`, as Squid's `logformat` writes
 * there: `\"`, `\\`, `\r`, `\n`, `\t`. What else is not printable ASCII becomes
 * `\x1b`, a byte each, where Squid would write it raw.
 */
export function escapeQuoted(text: string): string {
  return text.replace(/[^\x20-\x7e]|["\\]/gu, quotedEscape)
}

/** A word between spaces: everything but visible ASCII is percent-encoded, a byte each. Empty is `-`. */
export function escapeWord(text: string): string {
  return text === '' ? '-' : text.replace(/[^\x21-\x7e]/gu, percentEscape)
}

function unicodeEscape(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
}

function quotedEscape(character: string): string {
  switch (character) {
    case '"':
      return '\\"'
    case '\\':
      return '\\\\'
    case '\r':
      return '\\r'
    case '\n':
      return '\\n'
    case '\t':
      return '\\t'
    default:
      return hexOfBytes(character, '\\x')
  }
}

function percentEscape(character: string): string {
  return hexOfBytes(character, '%').toUpperCase()
}

/** Heads are read as latin1, so a character up to U+00FF is the byte it was on the wire; beyond that it is UTF-8. */
function hexOfBytes(character: string, prefix: string): string {
  const code = character.codePointAt(0) ?? 0
  const bytes = code <= 0xff ? [code] : [...Buffer.from(character, 'utf8')]
  return bytes.map((byte) => prefix + byte.toString(16).padStart(2, '0')).join('')
}
