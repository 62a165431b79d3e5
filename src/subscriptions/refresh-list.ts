import type { ListCopy } from '../config/list-copy.js'
import { wholeText } from '../config/list-text.js'
import type { SegmentSource } from '../rules/compiled/segment.js'
import { digestOf, listsOf } from '../rules/list-update.js'
import type { RuleSet } from '../rules/rule.js'
import { refuseCount, refuseDelivery } from './acceptance.js'
import { expiresOf } from './expires.js'
import { FetchError } from './fetch-error.js'
import type { Fetched } from './fetch-list.js'
import { toCopy } from './kept-lists.js'
import type { Kept, ListStore } from './list-store.js'
import type { Subscription } from './subscription.js'
import { withLists } from './with-lists.js'

/** One list, and what is in force while it is looked at: nothing else may change that meanwhile. */
export type Refresh = {
  readonly subscription: Subscription
  readonly kept: Kept
  readonly store: ListStore
  readonly rules: RuleSet
  /** The copies of all lists in order, with `candidate` in the place of the one with its name. */
  readonly copies: (candidate?: ListCopy) => readonly ListCopy[]
  readonly acceptShrink: boolean
  /** Unix time in milliseconds. */
  readonly now: number
}

export type Refreshed = {
  readonly outcome: 'updated' | 'unchanged'
  readonly kept: Kept
  /** To be put in force; the same as before where nothing changed. */
  readonly rules: RuleSet
}

/**
 * What was fetched, as it is to be kept and put in force.
 *
 * @throws {FetchError} it is refused: the copy at hand stays
 */
export async function refreshList(refresh: Refresh, fetched: Fetched): Promise<Refreshed> {
  const { subscription, kept, store, rules, copies, now } = refresh
  const before = toCopy(subscription, kept) === undefined ? undefined : kept.copy
  if (fetched.kind === 'list') {
    const refused = refuseDelivery(fetched, subscription.sha256)
    if (refused !== undefined) throw new FetchError(refused)
    if (fetched.publishedSha256 !== before?.publishedSha256) return replaceList(refresh, fetched)
  }
  if (before === undefined) throw new FetchError('the server says that nothing has changed, and there is no copy')
  const validators = fetched.kind === 'list' ? fetched.validators : {}
  const confirmed = await store.save(subscription, { copy: { ...before, ...validators, checkedAt: now } })
  // the copy may be one that another instance fetched: then it is not in force yet
  return { outcome: 'unchanged', kept: confirmed, rules: await withLists(rules, copies()) }
}

async function replaceList(
  { subscription, store, rules, copies, acceptShrink, now }: Refresh,
  { text, publishedSha256, validators }: Extract<Fetched, { readonly kind: 'list' }>,
): Promise<Refreshed> {
  const { name, action, scope, maxShrink } = subscription
  const next = await withLists(rules, copies({ name, action, scope, sha256: '', text: wholeText(text) }))
  const list = listNamed(name, next)
  const counted = { rules: list?.counts.rules ?? 0, rulesBefore: listNamed(name, rules)?.counts.rules }
  const refused = refuseCount(counted, { maxShrink, acceptShrink })
  if (refused !== undefined) throw new FetchError(refused)

  const copy = {
    sha256: digestOf(list?.key ?? ''),
    publishedSha256,
    bytes: text.length,
    ...validators,
    fetchedAt: now,
    checkedAt: now,
    expiresMs: expiresOf(text) ?? null,
  }
  return { outcome: 'updated', kept: await store.save(subscription, { copy }, text), rules: next }
}

/** A subscribed list as it is compiled into a rule set. */
export function listNamed(name: string, ruleSet: RuleSet): SegmentSource | undefined {
  return listsOf(ruleSet).find((list) => list.name === name)
}
