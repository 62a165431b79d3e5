import { forEachLine } from '../../rules/lines.js'
import type { FindFiles, Place, SourceFile } from '../imported.js'

/** One directive of squid.conf, continued lines joined. */
export type Directive = Place & {
  readonly name: string
  readonly words: readonly string[]
  readonly text: string
  /** The file it stands in, for what it names. */
  readonly from: SourceFile
}

/** The directives of a configuration and of what it includes, in order. A file that is not there is left out. */
export function readDirectives(file: SourceFile, find: FindFiles, chain: readonly string[] = []): readonly Directive[] {
  const directives: Directive[] = []
  let open: { text: string; line: number } | undefined
  forEachLine(file.text, (raw, line) => {
    const trimmed = raw.trim()
    if (open === undefined && (trimmed === '' || trimmed.startsWith('#'))) return
    const whole = open === undefined ? { text: trimmed, line } : { ...open, text: `${open.text} ${trimmed}` }
    open = whole.text.endsWith('\\') ? { ...whole, text: whole.text.slice(0, -1).trimEnd() } : undefined
    if (open !== undefined) return
    const [name = '', ...words] = withoutComment(whole.text)
    const directive = { file: file.name, line: whole.line, name, words, text: whole.text, from: file }
    const included = name === 'include' ? words.map((path) => find(unquoted(path), file)) : undefined
    if (included === undefined || included.some(({ length }) => length === 0)) directives.push(directive)
    for (const next of included?.flat() ?? []) {
      if (![...chain, file.name].includes(next.name))
        directives.push(...readDirectives(next, find, [...chain, file.name]))
    }
  })
  return directives
}

/** True for a list of domains, as `acl NAME dstdomain "file"` names one: a word a line and nothing that is a directive. */
export function isDomainList({ text }: SourceFile): boolean {
  const lines = text.split('\n').map((line) => line.replace(/\s*#.*$/, '').trim())
  return lines.every((line) => !/\s/.test(line)) && lines.some((line) => line !== '')
}

export function unquoted(word: string): string {
  return word.replace(/^"(.*)"$/, '$1')
}

/** A comment begins at a word; in an expression a `#` is itself. */
function withoutComment(text: string): readonly string[] {
  const words = text.match(/"[^"]*"|\S+/g) ?? []
  const comment = words.findIndex((word) => word.startsWith('#'))
  return comment === -1 ? words : words.slice(0, comment)
}
