/**
 * Lets reloads take turns, whoever asks for them: those who ask while one goes on share the next one, so that each gets
 * what it had in mind when it asked, and no two go on at a time.
 */
export function createReloader<T>(reload: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined
  let next: Promise<T> | undefined

  function start(): Promise<T> {
    next = undefined
    const started = reload().finally(() => {
      current = undefined
    })
    current = started
    return started
  }

  return function request() {
    if (current === undefined) return next ?? start()
    next ??= current.then(start, start)
    return next
  }
}
