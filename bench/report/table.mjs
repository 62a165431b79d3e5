// One plain table for a section.

/**
 * @template Row
 * @typedef {object} Section
 * @property {string} name its key in the JSON file
 * @property {string} title
 * @property {Row[]} rows figures as measured
 * @property {readonly (readonly [head: string, cell: (row: Row) => string])[]} columns the first to the left, figures to the right
 * @property {readonly string[]} [notes]
 */

/** @param {Section<any>} section */
export function printSection({ title, rows, columns, notes = [] }) {
  const lines = [columns.map(([head]) => head), ...rows.map((row) => columns.map(([, cell]) => cell(row)))]
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => cells[at].length)))
  const text = lines.map((cells) => cells.map((cell, at) => pad(cell, widths[at], at === 0)).join('  '))
  console.log([`\n${title}`, ...text, ...notes.map((note) => `  ${note}`)].join('\n'))
}

function pad(cell, width, isLabel) {
  return isLabel ? cell.padEnd(width) : cell.padStart(width)
}
