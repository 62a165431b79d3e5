/** Tasks that must not overlap. */
export type Turns = {
  /** Runs a task when those before it have ended, however they ended. */
  take<T>(task: () => Promise<T>): Promise<T>
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return {
    take(task) {
      const mine = last.then(task)
      last = mine.catch(() => {})
      return mine
    },
  }
}
