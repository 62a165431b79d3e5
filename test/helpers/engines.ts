import { existsSync } from 'node:fs'
import type { Engine } from '../../src/config/config.js'

/** Whether the native edge was built here: .ci/run fails where it was not, other machines test what they have. */
export const hasNativeEngine = existsSync(new URL('../../native/build/Release/veilgate.node', import.meta.url))

/** For tests that run on each engine in one file. */
export const ENGINES: readonly ('js' | 'native')[] = hasNativeEngine ? ['js', 'native'] : ['js']

/** The engine of a test that names none: vitest.config.ts runs the files about sockets once with each. */
export const TEST_ENGINE: Engine = process.env.TEST_ENGINE === 'native' ? 'native' : 'js'
