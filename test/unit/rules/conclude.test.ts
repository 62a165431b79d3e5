import { describe, expect, test } from 'vitest'
import { InputError } from '../../../src/errors.js'
import { GONE, type Living, wholly } from '../../../src/rules/compiled/living.js'
import { createSegmentBuilder } from '../../../src/rules/compiled/segment-builder.js'
import { agreedDefault, conclude, sourcesInOrder } from '../../../src/rules/conclude.js'
import type { RuleMatch } from '../../../src/rules/rule.js'
import { NOTHING } from '../../../src/rules/rule-set.js'
import { KEY, livingOf, readInto } from '../../helpers/segments.js'

function unconcluded(base: Living, overlay: Living = NOTHING) {
  return { base, overlay, key: KEY, editedLines: 0, wantedDefault: undefined }
}

/** Lists `0`, `1`, … with these texts, of these ranks. */
function livingOfLists(texts: readonly string[], ranks: readonly number[]): Living {
  const builder = createSegmentBuilder(KEY)
  for (const [i, text] of texts.entries()) readInto(builder, text, { name: String(i) })
  return wholly(builder.finish(), Int32Array.from(ranks))
}

test('lists count in the order of their ranks, wherever they stand', () => {
  const base = livingOfLists(['a.test', 'b.test', 'c.test'], [3, GONE, 0])
  const overlay = livingOfLists(['d.test'], [1])
  const inOrder = sourcesInOrder([base, overlay])
  expect(inOrder.map(({ source, rank }) => [source.name, rank])).toEqual([
    ['2', 0],
    ['0', 1],
    ['0', 3],
  ])
  expect(conclude(unconcluded(base, overlay)).counts.map(({ rules }) => rules)).toEqual([1, 1, 1])
})

describe('badfilter', () => {
  const rules = '||ads.test^\n||b.test^$important\nplain.test\n'

  test('takes rules back in every segment, and from the counts', () => {
    const overlay = wholly(livingOf('||ads.test^$badfilter\n||b.test^$badfilter,important\n').segment, Int32Array.of(1))
    const state = conclude(unconcluded(livingOf(rules), overlay))
    expect(state.base.muted.size).toBe(2)
    expect(state.size).toBe(1)
    expect(state.counts[0]).toMatchObject({ rules: 1, skipped: { 'taken back by badfilter': 2 } })
    expect(state.counts[0]?.byFormat).not.toHaveProperty('adblock')
  })

  test('of a list that is gone takes nothing back any more', () => {
    const taker = livingOf('||ads.test^$badfilter\nx.test\n').segment
    const before = conclude(unconcluded(livingOf(rules), wholly(taker, Int32Array.of(1))))
    const after = conclude(unconcluded(before.base, wholly(taker, Int32Array.of(GONE))), before)
    expect(before.base.muted.size).toBe(1)
    expect(after.base.muted.size).toBe(0)
    expect(after.size).toBe(3)
  })

  test('is not looked for again where nothing has changed', () => {
    const base = livingOf(`${rules}||ads.test^$badfilter\n`)
    const before = conclude(unconcluded(base))
    const after = conclude(unconcluded(before.base, livingOf('new.test')), before)
    expect(after.base).toBe(before.base)
  })
})

describe('the default', () => {
  const line = (text: string, list: string): RuleMatch => ({
    list,
    line: 1,
    text,
    reason: undefined,
    action: text.endsWith('block') ? 'block' : 'allow',
    level: 'default',
  })

  test('is that of the first line, where all agree', () => {
    expect(agreedDefault([])).toBeNull()
    const first = line('default block', 'a')
    expect(agreedDefault([first, line('default block', 'b')])).toBe(first)
  })

  test('is an error at each line that says otherwise', () => {
    const lines = [line('default block', 'a'), line('default allow', 'b'), line('default allow', 'c')]
    const error = catchError(() => agreedDefault(lines))
    expect(error).toBeInstanceOf(InputError)
    expect((error as InputError).problems.map(({ file }) => file)).toEqual(['b', 'c'])
  })

  test('is the wanted one where there is one, whatever lines say', () => {
    const state = conclude({ ...unconcluded(livingOf('default block\nblock a.test\n')), wantedDefault: 'allow' })
    expect(state).toMatchObject({ defaultAction: 'allow', defaultRule: null })
  })
})

function catchError(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}
