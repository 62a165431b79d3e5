import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import type { Config } from '../../../src/config/config.js'
import type { ListSettings } from '../../../src/config/list-settings.js'
import { mergeSettings } from '../../../src/config/settings.js'
import { InputError } from '../../../src/errors.js'
import type { RuleSet } from '../../../src/rules/rule.js'
import { FetchError } from '../../../src/subscriptions/fetch-error.js'
import type { Fetched } from '../../../src/subscriptions/fetch-list.js'
import { createSubscriptions } from '../../../src/subscriptions/subscriptions.js'
import { deliveredList, listOfHosts } from '../../helpers/delivered-list.js'
import { createFakeClock } from '../../helpers/fake-clock.js'
import { createTempFolder } from '../../helpers/temp-folder.js'
import { waitFor } from '../../helpers/wait-for.js'

const folder = createTempFolder()
const HOUR = 3_600_000
const files = compileRules([{ name: 'a.rules', text: 'block a.test' }])
let caches = 0

type Lists = Readonly<Record<string, Partial<ListSettings>>>

function configOf(lists: Lists, cache = 'off'): Config {
  const whole = Object.entries(lists).map(([name, list]) => [name, { url: `https://lists.test/${name}`, ...list }])
  return mergeSettings({ cache, rules: { lists: Object.fromEntries(whole) } })
}

/** An owner of lists, with the rules in force, whose server is `publish`. */
function createOwner({ chance = 0 } = {}) {
  const clock = createFakeClock()
  const messages: string[] = []
  const published = new Map<string, () => Promise<Fetched> | Fetched>()
  const asked: string[] = []
  let fetching = 0
  let mostAtOnce = 0
  let rules: RuleSet = files
  let swaps = 0
  const say = (level: string) => (message: string) => void messages.push(`${level} ${message}`)
  const owner = createSubscriptions({
    rules: () => rules,
    swap(next) {
      rules = next
      swaps++
    },
    async fetch({ name }, { validators }) {
      asked.push(validators === undefined ? name : `${name}, newer than ${validators.etag}`)
      fetching++
      mostAtOnce = Math.max(mostAtOnce, fetching)
      try {
        await new Promise(setImmediate)
        const answer = published.get(name)
        if (answer === undefined) throw new FetchError('the server answered 404')
        return await answer()
      } finally {
        fetching--
      }
    },
    logger: { warn: say('warn'), info: say('info'), debug: say('debug') },
    clock,
    chance: () => chance,
  })
  return {
    ...owner,
    clock,
    messages,
    asked,
    get rules() {
      return rules
    },
    get swaps() {
      return swaps
    },
    get mostAtOnce() {
      return mostAtOnce
    },
    publish(name: string, text: string, etag = '"1"') {
      published.set(name, () => deliveredList(text, { validators: { etag, lastModified: '' } }))
    },
    answer: (name: string, answer: () => Promise<Fetched> | Fetched) => void published.set(name, answer),
    follow(config: Config, ruleSet = rules) {
      return owner.adopt(config, ruleSet, (next) => {
        rules = next
      })
    },
    state(name: string) {
      const state = owner.states().find((one) => one.name === name)
      if (state === undefined) throw new Error(`no list ${name}`)
      return state
    },
    /** Resolves when nothing is fetched or waits to be. */
    async settled() {
      await waitFor(() => expect(owner.states().some(({ isUpdating }) => isUpdating)).toBe(false))
      await owner.update({ names: [] })
      for (let i = 0; i < 20; i++) await new Promise(setImmediate)
      await waitFor(() => expect(owner.states().some(({ isUpdating }) => isUpdating)).toBe(false))
    },
  }
}

describe('at the start', () => {
  test('lists without a copy are said to be missing, and fetched at once, one at a time', async () => {
    const owner = createOwner()
    owner.publish('ads', 'ads.test\n')
    owner.publish('more', 'more.test\n')
    await owner.follow(configOf({ ads: {}, more: {} }))
    expect(owner.messages).toEqual([
      'warn list ads has no copy yet: its rules come in when it is fetched',
      'warn list more has no copy yet: its rules come in when it is fetched',
    ])
    expect(owner.state('ads')).toMatchObject({ status: 'pending', entries: 0 })
    owner.clock.advance(HOUR)
    expect(owner.asked).toEqual([])

    owner.start()
    owner.clock.advance(0)
    await owner.settled()
    expect(owner.asked).toEqual(['ads', 'more'])
    expect(owner.mostAtOnce).toBe(1)
    expect(owner.rules.decide('ads.test').rule?.list).toBe('ads')
    expect(owner.messages.slice(2)).toEqual(['info list ads: 1 rule in force', 'info list more: 1 rule in force'])
    expect(owner.state('ads')).toMatchObject({ status: 'current', entries: 1, failures: 0 })
  })

  test('copies on disk are in force without a question, and asked about when their time is up', async () => {
    const cache = join(folder.path, `cache-${caches++}`)
    const config = configOf({ ads: { refreshMs: HOUR } }, cache)
    const first = createOwner()
    first.publish('ads', 'ads.test\n')
    await first.follow(config)
    await first.update({})

    const second = createOwner()
    second.answer('ads', () => ({ kind: 'unchanged' }))
    await second.follow(config)
    second.start()
    expect(second.rules.decide('ads.test').action).toBe('block')
    expect(second.messages).toEqual([])
    second.clock.advance(HOUR - 1)
    expect(second.asked).toEqual([])
    second.clock.advance(1)
    await second.settled()
    expect(second.asked).toEqual(['ads, newer than "1"'])
    expect(second.state('ads')).toMatchObject({ status: 'current', age: 0 })
  })

  test('a cache directory that cannot be used is said once, and lists are held in memory', async () => {
    const owner = createOwner()
    const config = configOf({ ads: {} }, folder.write('a-file', ''))
    owner.publish('ads', 'ads.test\n')
    await owner.follow(config)
    await owner.update({})
    await owner.follow(config, files)
    expect(owner.rules.decide('ads.test').action).toBe('block')
    expect(owner.messages.filter((message) => message.includes('held in memory'))).toHaveLength(1)
  })
})

describe('later', () => {
  test('a list is fetched when its time is up: as configured, as it says, or after a day', async () => {
    const owner = createOwner({ chance: 0.5 })
    owner.publish('ads', 'ads.test\n')
    owner.publish('says', '! Expires: 4 days\nsays.test\n')
    owner.publish('silent', 'silent.test\n')
    await owner.follow(configOf({ ads: { refreshMs: 12 * HOUR }, says: {}, silent: {} }))
    await owner.update({})
    const hours = owner.states().map(({ nextAt }) => (Date.parse(nextAt ?? '') - owner.clock.now()) / HOUR)
    expect(hours).toEqual([12.6, 100.8, 25.2])
  })

  test('the clock is looked at every ten minutes, for it may have been moved', async () => {
    const owner = createOwner()
    owner.publish('ads', 'ads.test\n')
    await owner.follow(configOf({ ads: {} }))
    await owner.update({})
    owner.start()
    expect(owner.clock.untilNext).toBe(600_000)
    owner.clock.advance(600_000)
    expect(owner.clock.untilNext).toBe(600_000)
    expect(owner.asked).toHaveLength(1)
  })

  test.each([-10 * 365 * 24 * HOUR, -HOUR, HOUR])('a clock that jumps by %d ms puts no fetch off', async (jumpMs) => {
    const owner = createOwner()
    owner.publish('ads', 'ads.test\n')
    await owner.follow(configOf({ ads: { refreshMs: 2 * HOUR } }))
    await owner.update({})
    owner.start()
    owner.clock.jump(jumpMs)
    // up to the time at which it is looked at, the clock is believed
    owner.clock.advance(2 * HOUR + 600_000)
    await vi.waitFor(() => expect(owner.asked).toHaveLength(2))
  })

  test('a fetch that fails is tried again, later each time, and the copy stays', async () => {
    const owner = createOwner()
    owner.publish('ads', 'ads.test\n')
    await owner.follow(configOf({ ads: {} }))
    await owner.update({})
    owner.start()
    owner.answer('ads', () => {
      throw new FetchError('no network')
    })
    owner.clock.advance(24 * HOUR)
    await owner.settled()
    expect(owner.state('ads')).toMatchObject({ status: 'failing', entries: 1, lastError: 'no network', failures: 1 })
    expect(owner.rules.decide('ads.test').action).toBe('block')
    expect(owner.messages.at(-1)).toBe(
      'warn list ads is not updated, the copy at hand stays in force: no network; next try in 30 s',
    )
    expect(owner.clock.untilNext).toBe(30_000)
    owner.clock.advance(30_000)
    await owner.settled()
    expect(owner.clock.untilNext).toBe(60_000)

    owner.publish('ads', 'new.test\n')
    owner.clock.advance(60_000)
    await owner.settled()
    expect(owner.state('ads')).toMatchObject({ status: 'current', lastError: null, failures: 0 })
    expect(owner.messages.at(-1)).toBe('info list ads: 1 rule in force, 1 before')
    expect(owner.rules.decide('new.test').action).toBe('block')
  })

  test('without a copy a failure says so', async () => {
    const owner = createOwner()
    await owner.follow(configOf({ ads: {} }))
    expect(await owner.update({})).toEqual([
      { name: 'ads', outcome: 'failed', entries: 0, error: 'the server answered 404' },
    ])
    expect(owner.messages.at(-1)).toContain('none of its rules are in force: the server answered 404')
  })

  test('rules are swapped only where they change', async () => {
    const owner = createOwner()
    owner.publish('ads', 'ads.test\n')
    await owner.follow(configOf({ ads: {} }))
    await owner.update({})
    await owner.update({})
    expect(owner.swaps).toBe(1)
    owner.publish('ads', 'new.test\n')
    await owner.update({})
    expect(owner.swaps).toBe(2)
  })
})

describe('an update by hand', () => {
  test('fetches the lists that are named, or all, and says what became of each', async () => {
    const owner = createOwner()
    owner.publish('ads', listOfHosts(3))
    await owner.follow(configOf({ ads: {}, more: {} }))
    expect(await owner.update({ names: ['ads'] })).toEqual([
      { name: 'ads', outcome: 'updated', entries: 3, error: null },
    ])
    expect(owner.asked).toEqual(['ads'])
    expect((await owner.update({})).map(({ name, outcome }) => [name, outcome])).toEqual([
      ['ads', 'unchanged'],
      ['more', 'failed'],
    ])
  })

  test('of a list that shrank is refused until it is accepted', async () => {
    const owner = createOwner()
    owner.publish('ads', listOfHosts(10))
    await owner.follow(configOf({ ads: {} }))
    await owner.update({})
    owner.publish('ads', listOfHosts(2))
    expect((await owner.update({}))[0]).toMatchObject({ outcome: 'failed', entries: 10 })
    expect((await owner.update({ acceptShrink: true }))[0]).toMatchObject({ outcome: 'updated', entries: 2 })
  })

  test('of a list that there is not is an error that names those that there are', async () => {
    const owner = createOwner()
    await expect(owner.update({ names: ['x'] })).rejects.toThrow('configure it under rules.lists')
    await owner.follow(configOf({ ads: {}, more: {} }))
    await expect(owner.update({ names: ['ads', 'x'] })).rejects.toThrow(InputError)
    await expect(owner.update({ names: ['x'] })).rejects.toThrow('there is no list x; name one of ads, more')
    expect(owner.asked).toEqual([])
  })
})

describe('a new configuration', () => {
  test('drops lists, adds others and keeps what is known of those that stay', async () => {
    const owner = createOwner()
    for (const name of ['ads', 'more', 'new']) owner.publish(name, `${name}.test\n`)
    await owner.follow(configOf({ ads: {}, more: {} }))
    await owner.update({})
    owner.clock.advance(HOUR)
    await owner.follow(configOf({ new: {}, ads: {} }))
    expect(owner.rules.decide('ads.test').action).toBe('block')
    expect(owner.rules.decide('more.test').action).toBe('allow')
    expect(owner.state('ads')).toMatchObject({ status: 'current', age: 3600 })
    expect(owner.state('new').status).toBe('pending')
    owner.start()
    owner.clock.advance(0)
    await owner.settled()
    expect(owner.asked).toEqual(['ads', 'more', 'new'])
  })

  test('with another URL makes it another list', async () => {
    const owner = createOwner()
    owner.publish('ads', listOfHosts(10))
    await owner.follow(configOf({ ads: {} }))
    await owner.update({})
    await owner.follow(configOf({ ads: { url: 'https://other.test/' } }))
    expect(owner.rules.decide('host-1.test').action).toBe('allow')
    owner.publish('ads', listOfHosts(1))
    expect((await owner.update({}))[0]?.outcome).toBe('updated')
  })

  test('gets the copies into rules that were compiled before a list changed', async () => {
    const owner = createOwner()
    owner.publish('ads', 'old.test\n')
    await owner.follow(configOf({ ads: {} }))
    await owner.update({})
    const compiledBefore = owner.rules
    owner.publish('ads', 'new.test\n')
    await owner.update({})
    await owner.follow(configOf({ ads: {} }), compiledBefore)
    expect(owner.rules.decide('new.test').action).toBe('block')
    expect(owner.rules.decide('old.test').action).toBe('allow')
  })

  test('that comes while a list is fetched makes what comes for the old one worthless', async () => {
    const owner = createOwner()
    let deliver: (fetched: Fetched) => void = () => {}
    owner.answer('ads', () => new Promise((resolve) => (deliver = resolve)))
    await owner.follow(configOf({ ads: {} }))
    const update = owner.update({})
    await waitFor(() => expect(owner.state('ads').isUpdating).toBe(true))
    await owner.follow(configOf({ ads: { action: 'allow' } }))
    await waitFor(() => expect(owner.asked).toHaveLength(1))
    await new Promise(setImmediate)
    deliver(deliveredList('ads.test\n'))
    expect(await update).toMatchObject([{ outcome: 'failed', error: 'the configuration has changed' }])
    expect(owner.rules.decide('ads.test').rule).toBeNull()
    expect(owner.state('ads')).toMatchObject({ failures: 0, lastError: null })
  })

  test('that is wrong changes nothing', async () => {
    const owner = createOwner()
    owner.publish('ads', 'ads.test\n')
    await owner.follow(configOf({ ads: {} }))
    await owner.update({})
    await expect(owner.follow(configOf({ ads: { url: 'nowhere' } }))).rejects.toThrow(InputError)
    const refuse = () => {
      throw new InputError([])
    }
    await expect(owner.adopt(configOf({ other: {} }), owner.rules, refuse)).rejects.toThrow(InputError)
    expect(owner.states().map(({ name, status }) => [name, status])).toEqual([['ads', 'current']])
  })
})

test('the end stops what is under way and plans nothing more', async () => {
  const owner = createOwner()
  let hasStarted = false
  const fetched = createSubscriptions({
    rules: () => files,
    swap: () => {},
    fetch: (_list, { signal }) => {
      hasStarted = true
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
    logger: { warn: (message) => owner.messages.push(message), info() {}, debug() {} },
    clock: owner.clock,
    chance: () => 0,
  })
  await fetched.adopt(configOf({ ads: {} }), files, () => {})
  owner.messages.length = 0
  fetched.start()
  owner.clock.advance(0)
  await waitFor(() => expect(hasStarted).toBe(true))
  await fetched.close()
  expect(owner.messages).toEqual([])
  expect(owner.clock.untilNext).toBeUndefined()
})
