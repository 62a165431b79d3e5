import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPortList, parsePortList } from '../../../src/policy/port-list.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)
const port = fc.integer({ min: 1, max: 65535 })

describe('port list', () => {
  test('holds the ends of a range and not their neighbours', () => {
    const isListed = createPortList([
      [443, 443],
      [8000, 8100],
      [65535, 65535],
    ])
    expect([443, 8000, 8050, 8100, 65535].every(isListed)).toBe(true)
    expect([0, 442, 444, 7999, 8101, 65534, 65536, 65979].some(isListed)).toBe(false)
  })

  test('agrees with a comparison against every range', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(port, port), { maxLength: 4 }), port, (pairs, asked) => {
        const ranges = pairs.map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
        expect(createPortList(ranges)(asked)).toBe(ranges.some(([first, last]) => asked >= first && asked <= last))
      }),
      { numRuns },
    )
  })
})

describe('parsePortList', () => {
  test.each([
    ['443', [[443, 443]]],
    [
      '443,8000-8100',
      [
        [443, 443],
        [8000, 8100],
      ],
    ],
    [
      ' 80 , 443 , 1024 - 65535 ',
      [
        [80, 80],
        [443, 443],
        [1024, 65535],
      ],
    ],
    ['any', [[1, 65535]]],
    ['1-1', [[1, 1]]],
  ])('reads %j', (text, expected) => {
    expect(parsePortList(text)).toEqual(expected)
  })

  test.each([
    '',
    ',',
    '443,',
    '0',
    '65536',
    '0-80',
    '80-65536',
    '100-99',
    '80-',
    '-80',
    '1-2-3',
    'http',
    '80;443',
    '8O',
    'any,80',
    '+80',
    '0x50',
  ])('refuses %j', (text) => {
    expect(parsePortList(text)).toBeUndefined()
  })
})
