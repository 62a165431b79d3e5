import type { FindFiles, Imported, Skipped, SourceFile } from '../../src/import/imported.js'
import { printRules } from '../../src/import/print-rules.js'

export function fileOf(name: string, ...lines: readonly string[]): SourceFile {
  return { name, text: `${lines.join('\n')}\n` }
}

/** Files that other files may name. */
export function findIn(...files: readonly SourceFile[]): FindFiles {
  return (path) =>
    files.filter(({ name }) => name === path || (path.endsWith('/*') && name.startsWith(path.slice(0, -1))))
}

/** The lines of the rule file, without comments and blank lines. */
export function ruleLines(imported: Imported): readonly string[] {
  return printRules(imported, 'test')
    .text.split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** `line: text` of what was skipped; with the file where it is not the first one. */
export function skippedLines(skipped: readonly Skipped[], file = skipped[0]?.file): readonly string[] {
  return skipped.map((one) => `${one.file === file ? '' : `${one.file}:`}${one.line}: ${one.text}`)
}
