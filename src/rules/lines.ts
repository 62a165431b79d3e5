/** Calls back with every line, its number and where it starts; `\r` stays for the parser to trim. */
export function forEachLine(text: string, visit: (raw: string, line: number, offset: number) => void): void {
  let line = 0
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    line++
    visit(text.slice(start, end), line, start)
    start = end + 1
  }
}
