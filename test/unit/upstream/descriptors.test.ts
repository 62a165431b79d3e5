import { closeSync, existsSync, openSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import {
  countDescriptors,
  createDescriptors,
  type Descriptors,
  readDescriptorLimit,
  refuseFewDescriptors,
} from '../../../src/upstream/descriptors.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()

describe('descriptors', () => {
  const stateAt = (descriptors: Descriptors, sockets: number) => {
    descriptors.sockets = sockets
    return [descriptors.isShort(), descriptors.isScarce(), descriptors.isExhausted()]
  }

  test('get short, scarce and exhausted one after the other, and are plenty again', () => {
    const descriptors = createDescriptors({ limit: 1_024, base: 24, onShort: () => {} })
    const exhausted = 1_024 - 24 - 64
    const short = exhausted - 128
    expect(stateAt(descriptors, short - 1)).toEqual([false, false, false])
    expect(stateAt(descriptors, short)).toEqual([true, false, false])
    expect(stateAt(descriptors, short + 32)).toEqual([true, true, false])
    expect(stateAt(descriptors, exhausted)).toEqual([true, true, true])
    expect(stateAt(descriptors, 0)).toEqual([false, false, false])
  })

  test('a shortage is told once, and again after there were plenty', () => {
    const onShort = vi.fn()
    const descriptors = createDescriptors({ limit: 1_024, base: 24, onShort })
    const short = 1_024 - 24 - 64 - 128
    for (const sockets of [short, short + 1, short - 1, short]) stateAt(descriptors, sockets)
    expect(onShort.mock.calls).toEqual([[short + 24, 1_024]])
    for (const sockets of [100, short]) stateAt(descriptors, sockets)
    expect(onShort).toHaveBeenCalledTimes(2)
  })

  test('a shortage that somebody else has found is told as one', () => {
    const onShort = vi.fn()
    const descriptors = createDescriptors({ limit: 1_024, base: 24, onShort })
    descriptors.sockets = 1_024 - 24 - 64 - 130
    descriptors.noteShortage()
    expect(stateAt(descriptors, 1_024 - 24 - 64 - 128)[0]).toBe(true)
    expect(onShort.mock.calls).toEqual([[1_024 - 64 - 130, 1_024]])
  })

  test('a shortage of what is not counted is told once, too, however often clients are let in meanwhile', () => {
    const onShort = vi.fn()
    const descriptors = createDescriptors({ limit: 1_024, base: 24, onShort })
    const met = 1_024 - 24 - 64 - 128 - 200
    for (let i = 0; i < 3; i++) {
      descriptors.sockets = met
      descriptors.noteShortage()
      expect(stateAt(descriptors, met - 1)[0]).toBe(false)
    }
    expect(onShort).toHaveBeenCalledTimes(1)
    expect(stateAt(descriptors, met / 2 - 1)[0]).toBe(false)
    descriptors.noteShortage()
    expect(onShort).toHaveBeenCalledTimes(2)
  })

  test('whoever keeps count elsewhere hears how many are open here', () => {
    const onHere = vi.fn()
    const descriptors = createDescriptors({ limit: 1_024, base: 24, elsewhere: () => 100, onHere, onShort: () => {} })
    expect(descriptors.here).toBe(24)
    descriptors.sockets++
    expect(descriptors.here).toBe(25)
    descriptors.sockets--
    expect(onHere.mock.calls).toEqual([[25], [24]])
  })

  test.each([
    [128, 96, 'a small limit keeps enough for logs, lists and a reload'],
    [65_536, 65_024, 'of a large one no more is kept than is of use'],
  ])('of %d the first %d are for clients: %s', (limit, first) => {
    const descriptors = createDescriptors({ limit, base: 0, onShort: () => {} })
    expect(stateAt(descriptors, first - 1)[0]).toBe(false)
    expect(stateAt(descriptors, first)[0]).toBe(true)
  })

  test('kept count of elsewhere are as many', () => {
    let elsewhere = 0
    const descriptors = createDescriptors({ limit: 1_024, base: 24, elsewhere: () => elsewhere, onShort: () => {} })
    expect(descriptors.ceiling).toBe(1_024 - 64)
    expect(descriptors.clientCeiling).toBe(1_024 - 64 - 128)
    elsewhere = 1_024 - 24 - 64 - 1
    expect(stateAt(descriptors, 0)).toEqual([true, true, false])
    expect(stateAt(descriptors, 1)).toEqual([true, true, true])
    expect(descriptors.open).toBe(elsewhere + 1)
  })

  test('are never short where the system tells no limit', () => {
    const descriptors = createDescriptors({ limit: undefined, base: 0, onShort: () => {} })
    expect(stateAt(descriptors, 10_000_000)).toEqual([false, false, false])
  })
})

test.each([
  [54, 24, false],
  [54, 25, true],
  [40, 22, true],
  [undefined, 1_000_000, false],
])('with a limit of %s and %d in use at the start, clients have too few: %s', (limit, inUse, isTooFew) => {
  const descriptors = createDescriptors({ limit, base: inUse, onShort: () => {} })
  const start = () => refuseFewDescriptors(descriptors, inUse)
  if (isTooFew) expect(start).toThrow(`a limit of ${limit} descriptors leaves too few for clients: ${inUse} are in use`)
  else expect(start).not.toThrow()
})

test('the limit is the soft one of /proc', () => {
  const path = folder.write(
    'limits',
    'Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 524288               files\n',
  )
  expect(readDescriptorLimit(path)).toBe(1_024)
  expect(readDescriptorLimit('/no/such/file')).toBeUndefined()
})

test.skipIf(!existsSync('/proc/self/fd'))('a file that is opened is one more', () => {
  const before = countDescriptors()
  const fd = openSync('/dev/null', 'r')
  expect(countDescriptors()).toBe(before + 1)
  closeSync(fd)
  expect(countDescriptors()).toBe(before)
})
