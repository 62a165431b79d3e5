// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const NOT_SHOWN = /[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]/gu

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/**
 * One line that shows as it is read: control characters, line separators, bidi
 * overrides and lone surrogates become `?`.
 */
export function shownText(text: string): string {
  return text.replace(NOT_SHOWN, '?')
}

/** Printable ASCII without what HTML gives a meaning to: nearly all that is ever shown. */
const PLAIN = /^[ !#-%(-;=?-_a-~]*$/

/** `shownText`, safe between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  if (PLAIN.test(text)) return text
  return shownText(text).replace(/[&<>"'`]/g, (character) => HTML_ENTITIES[character] ?? '')
}

/** A URL without userinfo, query and fragment: what may carry a secret stays off pages that get photographed. */
export function shownUrl(url: string): string {
  const bare = url.replace(/[?#].*$/s, '')
  return bare.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1')
}
