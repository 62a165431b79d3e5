// Figures as people read them.

/** @typedef {import('../measure/run-case.mjs').Figure} Figure */

const MEBIBYTE = 1_048_576

/** @param {number} rules */
export function formatCount(rules) {
  return rules.toLocaleString('en-US')
}

/** @param {number} ms */
export function formatMs(ms) {
  return ms < 1 ? ms.toFixed(3) : ms < 100 ? ms.toFixed(1) : formatCount(Math.round(ms))
}

/** @param {number} ns */
export function formatNs(ns) {
  return formatCount(Math.round(ns))
}

/** @param {number} bytes NaN where the system does not say */
export function formatMebibytes(bytes) {
  return Number.isNaN(bytes) ? 'unknown' : (bytes / MEBIBYTE).toFixed(1)
}

/**
 * The median, and how far the runs lie apart where there are several.
 *
 * @param {Figure} figure
 * @param {(value: number) => string} format
 */
export function formatFigure({ median, least, most }, format) {
  return least === most ? format(median) : `${format(median)} (${format(least)}–${format(most)})`
}

/** Of fewer rules the memory is less than that by which equal processes differ. */
const FEWEST_RULES_SEEN = 100_000

/** @param {Figure} addedBytes @param {number} rules */
export function formatBytesPerRule(addedBytes, rules) {
  return rules < FEWEST_RULES_SEEN ? '–' : formatFigure(addedBytes, (bytes) => (bytes / rules).toFixed(1))
}
