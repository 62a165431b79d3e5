/**
 * Rule ids by text. Nearly every text has one rule, so that one is kept as a
 * bare number and only the second makes an array.
 */
export type IdMap = {
  readonly size: number
  add(key: string, id: number): void
  collect(key: string, found: number[]): void
}

export function createIdMap(): IdMap {
  const ids = new Map<string, number | number[]>()

  return {
    get size() {
      return ids.size
    },

    add(key, id) {
      const present = ids.get(key)
      if (present === undefined) ids.set(key, id)
      else if (typeof present === 'number') ids.set(key, [present, id])
      else present.push(id)
    },

    collect(key, found) {
      const present = ids.get(key)
      if (present === undefined) return
      if (typeof present === 'number') found.push(present)
      else for (const id of present) found.push(id)
    },
  }
}
