/** One field line of a head. */
export type FieldLine = {
  /** Lower case. */
  readonly name: string
  readonly value: string
}

/** The field lines of a head that one of ours wrote or a server of ours received, without its first line. */
export function fieldLines(head: string): readonly FieldLine[] {
  return head
    .slice(0, endOf(head))
    .split('\r\n')
    .slice(1)
    .flatMap((line) => {
      const colon = line.indexOf(':')
      return colon <= 0 ? [] : [{ name: line.slice(0, colon).toLowerCase(), value: line.slice(colon + 1).trim() }]
    })
}

function endOf(head: string): number {
  const end = head.indexOf('\r\n\r\n')
  return end === -1 ? head.length : end
}
