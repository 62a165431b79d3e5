const UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1_000, name: 's' },
] as const

/** Milliseconds as a person says them: `3 d`, `12 h`, `5 min`, `30 s`, in the largest unit of which there are two, or one whole. */
export function durationInWords(ms: number): string {
  const unit = UNITS.find((one) => ms >= 2 * one.ms || Math.abs(ms - one.ms) < one.ms / 20) ?? UNITS[3]
  return `${Math.max(0, Math.round(ms / unit.ms))} ${unit.name}`
}
