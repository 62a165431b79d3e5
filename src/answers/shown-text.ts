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

/** 1 for printable ASCII without what HTML gives a meaning to: nearly all that is ever shown. */
const PLAIN = new Uint8Array(256)
for (let c = 0x20; c <= 0x7e; c++) if (!(String.fromCharCode(c) in HTML_ENTITIES)) PLAIN[c] = 1

/** `shownText`, safe between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  let at = 0
  while (at < text.length && PLAIN[text.charCodeAt(at)] === 1) at++
  if (at === text.length) return text
  return shownText(text).replace(/[&<>"'`]/g, (character) => HTML_ENTITIES[character] ?? '')
}

/** A URL without userinfo, query and fragment: what may carry a secret stays off pages that get photographed. */
export function shownUrl(url: string): string {
  if (!url.includes('?') && !url.includes('#') && !url.includes('@')) return url
  const bare = url.replace(/[?#].*$/s, '')
  return bare.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1')
}
