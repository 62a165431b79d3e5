import type { RuleAction } from '../rules/rule.js'

/** A list that somebody else publishes, as `rules.lists` says it. */
export type ListSettings = {
  /** `https://` or `http://`; user and password are sent to its host alone. */
  readonly url: string
  /** For patterns that state none; default `block`. */
  readonly action?: RuleAction | undefined
  /** Default: that of `rules.scope`. */
  readonly scope?: 'exact' | 'suffix' | undefined
  /** Default: what the list says of itself (`! Expires:`), else a day. */
  readonly refreshMs?: number | undefined
  /** Of the list, unpacked; default `MAX_LIST_BYTES`. */
  readonly maxBytes?: number | undefined
  /** Share of its rules that a list may lose at once, 0 to 1; default `MAX_SHRINK`. */
  readonly maxShrink?: number | undefined
  /** Of the file as it is published, in hexadecimal: no other content is taken. */
  readonly sha256?: string | undefined
  /** Absolute path of a PEM file: authorities that are trusted for this list beside the usual ones. */
  readonly ca?: string | undefined
}

/** Five million names in the longest format; what a list server can make us hold in memory. */
export const MAX_LIST_BYTES = 67_108_864

/** A list that loses more than half of its rules at once was cut off or replaced more often than it was cleaned up. */
export const MAX_SHRINK = 0.5

/** More often than this serves nobody, and list servers shut such clients out. */
export const MIN_REFRESH_MS = 60_000

/** A name of a list: it is shown as the file of its rules, and is a part of file names. */
export function isListName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,63}$/i.test(name)
}

/** The URL of a list in normal form, undefined for what is none. */
export function parseListUrl(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  url.hash = ''
  return url.href
}
