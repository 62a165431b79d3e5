import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import type { ProjectConfig } from 'vitest/node'

/** Patient: what is awaited comes at once or never, and on a busy machine at once may be seconds. */
const common = {
  setupFiles: ['test/helpers/own-folders.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 40_000, interval: 20 } },
  pool: 'forks',
} satisfies ProjectConfig

/** Tests about what clients and origins meet on their sockets: they hold for both engines. */
const ABOUT_SOCKETS = [
  'abort',
  'access-log',
  'address-rules',
  'admin',
  'answers',
  'attacks',
  'back-pressure',
  'descriptors',
  'drain',
  'faults',
  'floods',
  'forward',
  'full-disk',
  'gather',
  'half-close',
  'hostile-pace',
  'identity',
  'leaks',
  'library',
  'limits',
  'outlived-scavenges',
  'pipelining',
  'real-clients',
  'reload',
  'resolver-faults',
  'smuggling',
  'spare-sockets',
  'ssrf',
  'ssrf-namespace',
  'stalls',
  'time-outs',
  'tiny-windows',
  'tls-hello',
  'tunnel',
  'upgrade',
  'upstream-programs',
  'upstreams',
  'workers',
].map((name) => `test/integration/${name}.test.ts`)

const isNativeBuilt = existsSync(new URL('native/build/Release/veilgate.node', import.meta.url))

const js = { ...common, env: { TEST_ENGINE: 'js' } }

export default defineConfig({
  test: {
    // one more than there are processors: much of what the tests do is to wait for sockets and timers
    maxWorkers: availableParallelism() + 1,
    projects: [
      { test: { ...js, name: 'js', include: ['test/!(unit)/**/*.test.ts'] } },
      // its files share processes, and a process what it has loaded: to start anew for each of so many costs more than they do
      { test: { ...js, name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      ...(isNativeBuilt
        ? [{ test: { ...common, name: 'native', include: ABOUT_SOCKETS, env: { TEST_ENGINE: 'native' } } }]
        : []),
    ],
  },
})
