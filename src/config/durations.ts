const MS_BY_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** The longest time a Node timer can wait: 2^31 - 1 ms. */
export const MAX_DURATION_MS = 2_147_483_647

/** `500ms`, `10s`, `2m`, `12h` → milliseconds. Undefined for anything else, for zero and for more than a timer can wait. */
export function parseDuration(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,10})(ms|s|m|h)$/.exec(text) ?? []
  const ms = Number(digits) * (MS_BY_UNIT[unit] ?? 0)
  return ms >= 1 && ms <= MAX_DURATION_MS ? ms : undefined
}

/** Milliseconds → the largest unit that says it exactly: `parseDuration` reads it back. */
export function formatDuration(ms: number): string {
  for (const unit of ['h', 'm', 's']) {
    const unitMs = MS_BY_UNIT[unit] ?? 1
    if (ms % unitMs === 0) return `${ms / unitMs}${unit}`
  }
  return `${ms}ms`
}
