import { expect, test } from 'vitest'
import { watchEventLoop } from '../../src/event-loop-lag.js'

test('an event loop that was blocked was late, and is not when it is asked again', async () => {
  const lag = watchEventLoop()
  const rest = () => new Promise((resolve) => setTimeout(resolve, 100))
  await rest()
  const end = performance.now() + 300
  while (performance.now() < end);
  await rest()
  const worst = (told: ReturnType<typeof lag.take>) => told.find(([quantile]) => quantile === '1')?.[1] ?? 0
  const blocked = worst(lag.take())
  expect(blocked).toBeGreaterThan(0.15)
  await rest()
  expect(worst(lag.take())).toBeLessThan(blocked)
  lag.close()
})
