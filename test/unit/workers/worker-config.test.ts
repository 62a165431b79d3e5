import { expect, test } from 'vitest'
import { DEFAULT_CONFIG } from '../../../src/config/config.js'
import { mergeSettings } from '../../../src/config/settings.js'
import { toWorkerConfig } from '../../../src/workers/worker-config.js'

test('limits that are counted are shared, rounded up; sizes and times are not', () => {
  const config = mergeSettings({ limits: { connections: 100, perClient: 10, tunnelsPerClient: 1 } })
  expect(toWorkerConfig(config, 3, 'js').limits).toEqual({
    ...DEFAULT_CONFIG.limits,
    connections: 34,
    perClient: 4,
    tunnelsPerClient: 1,
  })
})

test('what rules are made of is the business of the primary', () => {
  const files = [{ name: 'a', path: '/a', action: 'block' as const }]
  const { rules } = toWorkerConfig(mergeSettings({ rules: { files, report: true } }), 2, 'js')
  expect(rules).toMatchObject({ files: [], lists: {}, report: true })
})

test('all run with the engine that was chosen for them', () => {
  expect(toWorkerConfig(mergeSettings({ engine: 'auto' }), 2, 'native').engine).toBe('native')
})
