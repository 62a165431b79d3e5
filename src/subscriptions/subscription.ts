import type { Config } from '../config/config.js'
import { isListName, type ListSettings, MAX_LIST_BYTES, MAX_SHRINK, parseListUrl } from '../config/list-settings.js'
import { InputError } from '../errors.js'
import type { RuleAction } from '../rules/rule.js'

/** A list to be fetched again and again, with every default in its place. */
export type Subscription = {
  /** What its rules are shown under: `NAME:LINE`. */
  readonly name: string
  readonly url: string
  readonly action: RuleAction
  readonly scope: 'exact' | 'suffix'
  /** Undefined: as the list itself says. */
  readonly refreshMs: number | undefined
  readonly maxBytes: number
  readonly maxShrink: number
  readonly sha256: string | undefined
  readonly ca: string | undefined
}

/**
 * The subscriptions of a configuration, in its order.
 *
 * @throws {InputError} names and URLs that are none; in a configuration file they were found before
 */
export function subscriptionsOf({ rules }: Pick<Config, 'rules'>): readonly Subscription[] {
  return Object.entries(rules.lists).map(([name, list]) => toSubscription(name, list, rules.scope))
}

function toSubscription(name: string, list: ListSettings, scope: 'exact' | 'suffix'): Subscription {
  const url = parseListUrl(String(list.url))
  if (!isListName(name)) throw wrong(name, 'this is no name of a list', 'use letters, digits, - and _, at most 64')
  if (url === undefined) throw wrong(name, 'its url is none', 'write https://HOST/PATH')
  return {
    name,
    url,
    action: list.action ?? 'block',
    scope: list.scope ?? scope,
    refreshMs: list.refreshMs,
    maxBytes: list.maxBytes ?? MAX_LIST_BYTES,
    maxShrink: list.maxShrink ?? MAX_SHRINK,
    sha256: list.sha256,
    ca: list.ca,
  }
}

function wrong(name: string, message: string, fix: string): InputError {
  return new InputError([{ file: `rules.lists.${name}`, line: 0, column: 0, message, fix }])
}

/** Where a list comes from, as it may be shown: without credentials and query. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}
