import { expect, test } from 'vitest'
import { GONE, isAlive, wholly } from '../../../../src/rules/compiled/living.js'
import { createSegmentBuilder } from '../../../../src/rules/compiled/segment-builder.js'
import { KEY, readInto } from '../../../helpers/segments.js'

test('a rule counts until its list goes, or it is taken away or taken back itself', () => {
  const builder = createSegmentBuilder(KEY)
  readInto(builder, 'a.example')
  readInto(builder, 'b.example')
  const segment = builder.finish()
  const living = wholly(segment, Int32Array.of(0, 1))
  const [first, second] = [0, 1].map((source) => [0, 1].find((rule) => segment.sourceOf(rule) === source) ?? -1)
  if (first === undefined || second === undefined) throw new Error('two rules expected')
  const alive = (more: Partial<typeof living>) => [first, second].map((rule) => isAlive({ ...living, ...more }, rule))
  expect(alive({})).toEqual([true, true])
  expect(alive({ ranks: Int32Array.of(GONE, 0) })).toEqual([false, true])
  expect(alive({ removed: new Set([second]) })).toEqual([true, false])
  expect(alive({ muted: new Set([first]) })).toEqual([false, true])
})
