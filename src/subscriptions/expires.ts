/** A list says of itself within its first lines how long it stays good. */
const HEAD_BYTES = 4_096
const MS_BY_UNIT: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000 }

/**
 * `! Expires: 4 days` (also `#`, `12 hours`, `1d`) at the head of a list → how long it
 * stays good, in milliseconds. Undefined where it says nothing that is understood.
 */
export function expiresOf(text: Uint8Array): number | undefined {
  const head = DECODER.decode(text.subarray(0, HEAD_BYTES))
  const [, digits = '', unit = ''] = /^\s*[!#]+\s*expires\s*:\s*(\d{1,4})\s*(d|h)/im.exec(head) ?? []
  const ms = Number(digits) * (MS_BY_UNIT[unit.toLowerCase()] ?? 0)
  return ms > 0 ? ms : undefined
}

const DECODER = new TextDecoder('latin1')
