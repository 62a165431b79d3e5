import type { ListState, ListUpdate } from '../app.js'
import { counted } from '../counted.js'
import { durationInWords } from '../subscriptions/duration-words.js'
import { columns } from './columns.js'
import { escaped } from './escaped.js'

/** How lists stand, for people: a line each, with what is wrong below it. */
export function toStateLines(states: readonly ListState[], now: number): readonly string[] {
  const rows = states.map((state) => {
    const { name, status, entries, url } = state
    return [name, status, counted(entries, 'rule'), ageOf(state), nextOf(state, now), escaped(url)]
  })
  return withErrors(
    columns(rows),
    states.map(({ lastError }) => lastError),
  )
}

/** What an update did, a line for each list. */
export function toUpdateLines(updates: readonly ListUpdate[]): readonly string[] {
  return withErrors(
    columns(updates.map(({ name, outcome, entries }) => [name, outcome, counted(entries, 'rule')])),
    updates.map(({ error }) => error),
  )
}

function withErrors(lines: readonly string[], errors: readonly (string | null)[]): readonly string[] {
  return lines.flatMap((line, i) => [line, ...(errors[i] == null ? [] : [`  ${escaped(errors[i])}`])])
}

function ageOf({ age }: ListState): string {
  return age === null ? 'no copy' : `checked ${durationInWords(age * 1_000)} ago`
}

function nextOf({ isUpdating, nextAt }: ListState, now: number): string {
  if (isUpdating || nextAt === null) return 'being fetched'
  return `next in ${durationInWords(Math.max(0, Date.parse(nextAt) - now))}`
}
