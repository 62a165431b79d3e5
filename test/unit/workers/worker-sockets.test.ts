import { describe, expect, test } from 'vitest'
import { mergeSettings } from '../../../src/config/settings.js'
import { openWorkerSockets } from '../../../src/workers/worker-sockets.js'
import { hasNativeEngine } from '../../helpers/engines.js'

const silent = () => {}

test('the engine js needs none', async () => {
  const notices: string[] = []
  expect(await openWorkerSockets(mergeSettings({ engine: 'js' }), 2, (notice) => notices.push(notice))).toBeUndefined()
  expect(notices).toEqual([])
})

describe.runIf(hasNativeEngine)('worker sockets', () => {
  const listen = ['http://127.0.0.1:0', 'http://localhost:0']

  test('are one for each worker and address, the same at each request', async () => {
    const sockets = await openWorkerSockets(mergeSettings({ engine: 'auto', listen }), 2, silent)
    expect(sockets?.addresses).toEqual([
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^http:\/\/(127\.0\.0\.1|\[::1\]):\d+$/),
    ])
    const all = [...(sockets?.of(0) ?? []), ...(sockets?.of(1) ?? [])]
    expect(new Set(all).size).toBe(4)
    expect(sockets?.of(1)).toEqual(all.slice(2))
    sockets?.giveUp(1)
    expect(sockets?.of(1)).toHaveLength(2)
    sockets?.close()
  })

  test('are all closed where one cannot be had', async () => {
    const first = await openWorkerSockets(
      mergeSettings({ engine: 'native', listen: ['http://127.0.0.1:0'] }),
      1,
      silent,
    )
    const [taken = ''] = first?.addresses ?? []
    const free = await openWorkerSockets(mergeSettings({ engine: 'native', listen: ['http://127.0.0.1:0'] }), 1, silent)
    const [port = ''] = free?.addresses ?? []
    free?.close()
    const both = mergeSettings({ engine: 'native', listen: [port, taken] })
    await expect(openWorkerSockets(both, 2, silent)).rejects.toThrow('the port is taken')
    first?.close()
    const again = await openWorkerSockets(both, 2, silent)
    expect(again?.addresses).toEqual([port, taken])
    again?.close()
  })
})
