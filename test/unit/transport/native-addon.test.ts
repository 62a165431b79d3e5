import { describe, expect, test } from 'vitest'
import { chooseEngine } from '../../../src/transport/native-addon.js'
import { hasNativeEngine } from '../../helpers/engines.js'

describe('chooseEngine', () => {
  test('js is js, and no reason is needed', () => {
    expect(chooseEngine('js')).toEqual({ engine: 'js', why: '' })
  })

  test.runIf(hasNativeEngine)('auto and native are native where it was built', () => {
    expect(chooseEngine('auto').engine).toBe('native')
    expect(chooseEngine('native').engine).toBe('native')
  })

  test('where something is in its way auto is js and says what, native cannot run', () => {
    expect(chooseEngine('js', 'a wall')).toEqual({ engine: 'js', why: '' })
    expect(chooseEngine('auto', 'a wall')).toEqual({ engine: 'js', why: expect.any(String) })
    expect(() => chooseEngine('native', 'a wall')).toThrow('use --engine js')
  })

  // test/integration/cli.test.ts asks an installation without it
  test.runIf(!hasNativeEngine)('auto is js and says why where it was not built, native cannot run', () => {
    expect(chooseEngine('auto')).toEqual({ engine: 'js', why: expect.stringMatching(/not built|made for Linux/) })
    expect(() => chooseEngine('native')).toThrow('use --engine js')
  })
})
