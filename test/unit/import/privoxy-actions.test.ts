import { describe, expect, test } from 'vitest'
import { expandActions, type PrivoxyAction } from '../../../src/import/privoxy-actions.js'

const shown = (actions: readonly PrivoxyAction[]) =>
  actions.map(({ sign, name, value }) => `${sign}${name}${value === undefined ? '' : `{${value}}`}`)

describe('expandActions', () => {
  test('reads actions with their values, in braces that may hold spaces', () => {
    expect(shown(expandActions(' +block{Nasty {ads}.} -filter +hide-from-header{block} ', new Map()))).toEqual([
      '+block{Nasty {ads}.}',
      '-filter',
      '+hide-from-header{block}',
    ])
  })

  test('replaces aliases, whatever their case, by what they stand for', () => {
    const aliases = new Map([['+block-as-image', expandActions('+block{image} +handle-as-image', new Map())]])
    expect(shown(expandActions('+Block-As-Image -filter', aliases))).toEqual([
      '+block{image}',
      '+handle-as-image',
      '-filter',
    ])
  })

  test('keeps a name that nobody knows', () => {
    expect(shown(expandActions('standard.Cautious', new Map()))).toEqual(['+standard.cautious'])
  })
})
