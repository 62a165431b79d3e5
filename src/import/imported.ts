import type { Pattern } from '../rules/pattern.js'
import type { RuleAction, RuleLevel } from '../rules/rule.js'

/** A text to import, or one that such a text names. */
export type SourceFile = {
  /** As the user gave it, or as it was found; shown in the report. */
  readonly name: string
  readonly text: string
}

/** The files that another one names: one, several where the path has wildcards, or none. */
export type FindFiles = (path: string, from: SourceFile) => readonly SourceFile[]

/** Where something was written. */
export type Place = { readonly file: string; readonly line: number }

/** A rule before its level is known: what a line of the other tool says of some targets. */
export type Draft = Place & {
  readonly action: RuleAction
  readonly pattern: Pattern
  readonly reason?: string | undefined
  /** The line as written, for the report. */
  readonly text: string
}

/** A rule that is carried over. */
export type ImportedRule = Place & {
  readonly level: Exclude<RuleLevel, 'default'>
  readonly pattern: Pattern
  /** Hosts that the rule leaves alone (adblock's `denyallow`). */
  readonly except?: readonly string[] | undefined
  readonly reason?: string | undefined
  readonly text: string
}

/** What could not be carried over, or not as a whole. */
export type Skipped = Place & {
  readonly reason: string
  readonly text: string
  /** How many lines this stands for: what is said of each alike is told once. */
  readonly count: number
}

/** A published list that the other tool fetches. */
export type Subscription = { readonly url: string; readonly action: RuleAction; readonly title?: string | undefined }

export type Imported = {
  readonly rules: readonly ImportedRule[]
  /** What happens to other targets, where the source says it. */
  readonly defaultAction?: RuleAction | undefined
  readonly lists: readonly Subscription[]
  readonly skipped: readonly Skipped[]
}

/** Texts of another tool → what of them are rules. Never throws: what is not understood is in `skipped`. */
export type Importer = (files: readonly SourceFile[], find: FindFiles) => Imported

/** @param count default 1 */
export function skip({ file, line }: Place, reason: string, text: string, count = 1): Skipped {
  return { file, line, reason, text, count }
}

/** Adds all of them; a call with each as an argument fails where they are many. */
export function append<T>(to: T[], all: readonly T[]): void {
  for (const one of all) to.push(one)
}

/** Things that are said once for all lines alike, in the order of their first line. */
export function createGroups(): { add(place: Place, reason: string, text: string): void; list(): Skipped[] } {
  const groups = new Map<string, Skipped>()
  return {
    add(place, reason, text) {
      const key = `${place.file}\n${reason}\n${text}`
      const seen = groups.get(key)
      groups.set(key, seen === undefined ? skip(place, reason, text) : { ...seen, count: seen.count + 1 })
    },
    list: () => [...groups.values()],
  }
}
