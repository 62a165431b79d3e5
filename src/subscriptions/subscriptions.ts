import { cachePath, refuseCacheDirectory } from '../config/cache-directory.js'
import type { Config } from '../config/config.js'
import type { ListCopy } from '../config/list-copy.js'
import { counted } from '../counted.js'
import { InputError } from '../errors.js'
import type { RuleSet } from '../rules/rule.js'
import type { Clock } from './clock.js'
import { durationInWords } from './duration-words.js'
import { FetchError, toFetchError } from './fetch-error.js'
import type { Fetched } from './fetch-list.js'
import { toCopy } from './kept-lists.js'
import type { ListFetcher } from './list-fetcher.js'
import { type ListProgress, type ListState, type ListUpdate, toListState } from './list-state.js'
import { createListStore, type Kept } from './list-store.js'
import { listNamed, refreshList } from './refresh-list.js'
import { firstFetch, nextFetch, nextTry } from './schedule.js'
import { type Subscription, subscriptionsOf } from './subscription.js'
import { createTurns } from './turns.js'
import { withLists } from './with-lists.js'

/** A machine that sleeps stops timers: the clock is looked at no less often than this. */
const WAKE_MS = 10 * 60_000

export type SubscriptionsOptions = {
  /** The rules in force. */
  readonly rules: () => RuleSet
  /** Puts rules in force for the requests from now on. */
  readonly swap: (ruleSet: RuleSet) => void | Promise<void>
  readonly fetch: ListFetcher
  readonly logger: { readonly [level in 'warn' | 'info' | 'debug']: (message: string) => unknown }
  readonly clock: Clock
  /** From 0 to 1, anew at each call. */
  readonly chance: () => number
}

export type UpdateRequest = {
  /** Without it, every list. */
  readonly names?: readonly string[] | undefined
  /** Take lists that lost more of their rules than `maxShrink` lets pass. */
  readonly acceptShrink?: boolean | undefined
}

/** The lists that a proxy is subscribed to: fetched when it is time, kept, and swapped in. */
export type Subscriptions = {
  /**
   * Follows a configuration: its lists replace those before, and `putInForce` gets the
   * rules with all copies there are. No list changes in between.
   *
   * @throws {InputError} names and URLs that are none; then nothing has changed
   */
  adopt(config: Config, ruleSet: RuleSet, putInForce: (ruleSet: RuleSet) => void | Promise<void>): Promise<void>
  /** From now on lists are fetched. */
  start(): void
  states(): readonly ListState[]
  /** Fetches now, one after the other. @throws {InputError} a name that is none of a list */
  update(request: UpdateRequest): Promise<readonly ListUpdate[]>
  /** Stops what is under way. */
  close(): Promise<void>
}

type Entry = { -readonly [K in keyof ListProgress]: ListProgress[K] } & { readonly subscription: Subscription }

export function createSubscriptions(options: SubscriptionsOptions): Subscriptions {
  const { rules, swap, fetch, logger, clock, chance } = options
  /** Of those who change the rules in force. */
  const changes = createTurns()
  /** One list is fetched at a time. */
  const fetches = createTurns()
  const busy = new Set<Entry>()
  const stop = new AbortController()
  const onWarning = (message: string): void => void logger.warn(message)
  let entries: readonly Entry[] = []
  let store = createListStore({ directory: undefined, onWarning })
  let storedIn: string | undefined
  let isStarted = false
  let cancelWake: () => void = () => {}
  let lookedAt = clock.now()

  /** The time. A clock that was set back must not put a fetch off: times to come go back with it. */
  function lookAtClock(): number {
    const now = clock.now()
    if (now < lookedAt) for (const entry of entries) entry.nextAt -= lookedAt - now
    lookedAt = now
    return now
  }

  async function openStore(cache: string): Promise<void> {
    if (storedIn === cache) return
    const path = cachePath(cache)
    const refused = path === undefined ? undefined : await refuseCacheDirectory(path, true)
    if (refused !== undefined) logger.warn(`lists are held in memory, the cache directory cannot be used: ${refused}`)
    storedIn = cache
    store = createListStore({ directory: refused === undefined ? path : undefined, onWarning })
  }

  async function toEntry(subscription: Subscription): Promise<Entry> {
    const kept = await store.read(subscription)
    const known = entries.find((entry) => JSON.stringify(entry.subscription) === JSON.stringify(subscription))
    if (known !== undefined) return Object.assign(known, { kept })
    const checkedAt = toCopy(subscription, kept) === undefined ? undefined : kept.copy?.checkedAt
    const nextAt = firstFetch(lookAtClock(), checkedAt, freshnessOf(subscription, kept), chance())
    return { subscription, kept, nextAt, failures: 0, isUpdating: false }
  }

  function copies(candidate?: ListCopy): readonly ListCopy[] {
    return entries
      .map(({ subscription, kept }) => (subscription.name === candidate?.name ? candidate : toCopy(subscription, kept)))
      .filter((copy) => copy !== undefined)
  }

  function rulesOf({ subscription }: Entry): number | undefined {
    return listNamed(subscription.name, rules())?.counts.rules
  }

  async function refresh(entry: Entry, acceptShrink: boolean): Promise<ListUpdate> {
    const { subscription } = entry
    entry.isUpdating = true
    try {
      // another instance may have fetched it
      entry.kept = await store.read(subscription)
      const validators = toCopy(subscription, entry.kept) === undefined ? undefined : entry.kept.copy
      const fetched = await fetch(subscription, { validators, signal: stop.signal })
      return await changes.take(() => take(entry, fetched, acceptShrink))
    } catch (error) {
      return await fail(entry, toFetchError(error).message)
    } finally {
      entry.isUpdating = false
    }
  }

  async function take(entry: Entry, fetched: Fetched, acceptShrink: boolean): Promise<ListUpdate> {
    if (!entries.includes(entry)) throw new FetchError('the configuration has changed')
    const { subscription, kept } = entry
    const { name } = subscription
    const now = lookAtClock()
    const before = rules()
    const rulesBefore = rulesOf(entry)
    const done = await refreshList({ subscription, kept, store, rules: before, copies, acceptShrink, now }, fetched)
    entry.kept = done.kept
    entry.failures = 0
    entry.nextAt = nextFetch(now, freshnessOf(subscription, done.kept), chance())
    if (done.rules !== before) await swap(done.rules)

    const count = rulesOf(entry) ?? 0
    if (done.outcome === 'unchanged') logger.debug(`list ${name} has not changed`)
    else
      logger.info(
        `list ${name}: ${counted(count, 'rule')} in force${rulesBefore === undefined ? '' : `, ${rulesBefore} before`}`,
      )
    return { name, outcome: done.outcome, entries: count, error: null }
  }

  async function fail(entry: Entry, message: string): Promise<ListUpdate> {
    const { subscription, kept } = entry
    const { name } = subscription
    const count = rulesOf(entry)
    const failed: ListUpdate = { name, outcome: 'failed', entries: count ?? 0, error: message }
    if (stop.signal.aborted || !entries.includes(entry)) return failed

    const now = lookAtClock()
    entry.failures++
    entry.nextAt = nextTry(now, entry.failures, freshnessOf(subscription, kept), chance())
    entry.kept = await store.save(subscription, { copy: kept.copy, lastError: { at: now, message } })
    const left = count === undefined ? 'none of its rules are in force' : 'the copy at hand stays in force'
    logger.warn(`list ${name} is not updated, ${left}: ${message}; next try in ${durationInWords(entry.nextAt - now)}`)
    return failed
  }

  function enqueue(entry: Entry, acceptShrink: boolean): Promise<ListUpdate> {
    busy.add(entry)
    return fetches.take(async () => {
      try {
        return await refresh(entry, acceptShrink)
      } finally {
        busy.delete(entry)
        plan()
      }
    })
  }

  /** Sets the alarm for the list that is due next. */
  function plan(): void {
    cancelWake()
    if (!isStarted || stop.signal.aborted) return
    const now = lookAtClock()
    const waiting = entries.filter((entry) => !busy.has(entry))
    if (waiting.length === 0) return
    const dueAt = Math.min(...waiting.map(({ nextAt }) => nextAt))
    cancelWake = clock.wake(Math.min(Math.max(0, dueAt - now), WAKE_MS), () => {
      const now = lookAtClock()
      for (const entry of waiting) if (entry.nextAt <= now) void enqueue(entry, false)
      plan()
    })
  }

  return {
    adopt(config, ruleSet, putInForce) {
      return changes.take(async () => {
        const subscriptions = subscriptionsOf(config)
        if (subscriptions.length > 0) await openStore(config.cache)
        const before = entries
        entries = await Promise.all(subscriptions.map(toEntry))
        try {
          await putInForce(await withLists(ruleSet, copies()))
        } catch (error) {
          entries = before
          throw error
        }
        for (const entry of entries) {
          if (before.includes(entry) || rulesOf(entry) !== undefined) continue
          logger.warn(`list ${entry.subscription.name} has no copy yet: its rules come in when it is fetched`)
        }
        plan()
      })
    },

    start() {
      isStarted = true
      plan()
    },

    states() {
      const now = clock.now()
      return entries.map((entry) => toListState(entry, listNamed(entry.subscription.name, rules()), now))
    },

    async update({ names, acceptShrink = false }) {
      const unknown = names?.find((name) => !entries.some(({ subscription }) => subscription.name === name))
      if (unknown !== undefined) throw unknownList(unknown, entries)
      const wanted = entries.filter(({ subscription }) => names?.includes(subscription.name) ?? true)
      return Promise.all(wanted.map((entry) => enqueue(entry, acceptShrink)))
    },

    async close() {
      stop.abort(new FetchError('veilgate ends'))
      cancelWake()
      await fetches.take(async () => {})
      await changes.take(async () => {})
    },
  }
}

function freshnessOf({ refreshMs }: Subscription, { copy }: Kept) {
  return { refreshMs, expiresMs: copy?.expiresMs ?? undefined }
}

function unknownList(name: string, entries: readonly Entry[]): InputError {
  const known = entries.map(({ subscription }) => subscription.name).join(', ')
  const fix = known === '' ? 'configure it under rules.lists' : `name one of ${known}`
  return new InputError([{ file: 'rules.lists', line: 0, column: 0, message: `there is no list ${name}`, fix }])
}
