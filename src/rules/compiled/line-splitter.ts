/** What is done with the lines of a text. */
export type LineVisitor = {
  /** The number of the line before the first. */
  readonly line: number
  /** @returns where the line ends that starts at `start`, -1 where it is in no known form */
  readForm(bytes: Uint8Array, start: number, end: number): number
  readLine(raw: string, line: number): void
}

/** Cuts a text that comes in pieces into lines. */
export type LineSplitter = {
  /** Lines so far, with the one being read. */
  readonly line: number
  feed(bytes: Uint8Array): void
  end(): void
}

const NEWLINE = 0x0a

/** Lines end with LF or CR LF; what follows the last one is a line too, unless it is empty. */
export function createLineSplitter(visitor: LineVisitor): LineSplitter {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let line = visitor.line
  // the line that has not ended yet, in pieces: joined once, however many they are
  let pieces: Uint8Array[] = []

  function readLine(bytes: Uint8Array, start: number, end: number): void {
    visitor.readLine(decoder.decode(bytes.subarray(start, end)), line)
  }

  /** @returns where the last, unfinished line starts */
  function readLines(bytes: Uint8Array): number {
    let start = 0
    while (start < bytes.length) {
      line++
      const known = visitor.readForm(bytes, start, bytes.length)
      if (known !== -1) {
        start = known + 1
        continue
      }
      const end = bytes.indexOf(NEWLINE, start)
      if (end === -1) {
        line--
        return start
      }
      readLine(bytes, start, end)
      start = end + 1
    }
    return start
  }

  return {
    get line() {
      return line
    },

    feed(bytes) {
      let from = 0
      if (pieces.length > 0) {
        const end = bytes.indexOf(NEWLINE)
        from = end === -1 ? bytes.length : end + 1
        pieces.push(copyOf(bytes.subarray(0, from)))
        if (end === -1) return
        readLines(joined(pieces))
        pieces = []
      }
      const left = bytes.subarray(from)
      const unfinished = readLines(left)
      if (unfinished < left.length) pieces.push(copyOf(left.subarray(unfinished)))
    },

    end() {
      if (pieces.length === 0) return
      const last = joined(pieces)
      pieces = []
      line++
      readLine(last, 0, last.length)
    },
  }
}

/** The caller may use its memory again; `slice` of a Node Buffer would not copy it. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces
  if (first !== undefined && pieces.length === 1) return first
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
