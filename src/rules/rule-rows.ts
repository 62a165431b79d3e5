/** What is kept of each rule beside its place in a table: 15 bytes, no object. */
export type RuleRows = {
  readonly size: number
  /** @returns the id of the rule; ids ascend in the order of files and lines */
  add(source: number, line: number, offset: number, strength: number, port: number): number
  sourceOf(id: number): number
  /** 1-based. */
  lineOf(id: number): number
  /** Where the line starts in the text of its source. */
  offsetOf(id: number): number
  /** Place in the order of precedence (decide.ts). */
  strengthOf(id: number): number
  /** 0 is any. */
  portOf(id: number): number
}

/** Columns that double when they are full. */
export function createRuleRows(): RuleRows {
  let size = 0
  let capacity = 64
  let sources = new Uint16Array(capacity)
  let lines = new Uint32Array(capacity)
  let offsets = new Uint32Array(capacity)
  let strengths = new Uint16Array(capacity)
  let ports = new Uint16Array(capacity)

  function grow(): void {
    capacity *= 2
    sources = copyOf(sources, new Uint16Array(capacity))
    lines = copyOf(lines, new Uint32Array(capacity))
    offsets = copyOf(offsets, new Uint32Array(capacity))
    strengths = copyOf(strengths, new Uint16Array(capacity))
    ports = copyOf(ports, new Uint16Array(capacity))
  }

  return {
    get size() {
      return size
    },

    add(source, line, offset, strength, port) {
      if (size === capacity) grow()
      sources[size] = source
      lines[size] = line
      offsets[size] = offset
      strengths[size] = strength
      ports[size] = port
      return size++
    },

    sourceOf: (id) => sources[id] ?? 0,
    lineOf: (id) => lines[id] ?? 0,
    offsetOf: (id) => offsets[id] ?? 0,
    strengthOf: (id) => strengths[id] ?? 0,
    portOf: (id) => ports[id] ?? 0,
  }
}

function copyOf<A extends Uint16Array | Uint32Array>(from: A, to: A): A {
  to.set(from)
  return to
}
