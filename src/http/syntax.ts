/** Character classes of RFC 9110 §5.5–5.6 as tables over one byte, so that a scan costs one read a character. */

export const CR = 0x0d
export const LF = 0x0a
export const SP = 0x20
export const HTAB = 0x09
export const COLON = 0x3a

/** `tchar` → its lower-case form, everything else → 0 (RFC 9110 §5.6.2). */
export const TOKEN_LOWER = new Uint8Array(256)
/** 1 for what a field value may hold: HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5). */
export const VALUE_CHAR = new Uint8Array(256)
/** 1 for what a request target may hold: VCHAR. URIs are ASCII (RFC 3986 §2). */
export const TARGET_CHAR = new Uint8Array(256)

for (let c = 0x21; c <= 0x7e; c++) {
  VALUE_CHAR[c] = 1
  TARGET_CHAR[c] = 1
}
for (let c = 0x80; c <= 0xff; c++) VALUE_CHAR[c] = 1
VALUE_CHAR[HTAB] = 1
VALUE_CHAR[SP] = 1
for (const c of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") TOKEN_LOWER[c.charCodeAt(0)] = c.charCodeAt(0)
for (let c = 0x41; c <= 0x5a; c++) TOKEN_LOWER[c] = c + 0x20

/** Compares a slice with a lower-case literal, ignoring ASCII case and allocating nothing. */
export function sliceEquals(text: string, start: number, end: number, lowerCase: string): boolean {
  if (end - start !== lowerCase.length) return false
  for (let i = 0; i < lowerCase.length; i++) {
    const c = text.charCodeAt(start + i)
    if ((c >= 0x41 && c <= 0x5a ? c + 0x20 : c) !== lowerCase.charCodeAt(i)) return false
  }
  return true
}

/** 1*DIGIT → number; -1 for anything else or a number that is not exact as a double (RFC 9110 §8.6). */
export function parseDigits(text: string, start: number, end: number): number {
  if (start === end || end - start > 15) return -1
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/**
 * A tab stands between a value that ends at `end` and the end of its line. It
 * is legal white space, but there are parsers that do not take it behind a
 * length or a coding (llhttp 9.3), and framing is no place to differ.
 */
export function hasTabBehind(text: string, end: number): boolean {
  for (let i = end; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c !== SP) return c === HTAB
  }
  return false
}
