import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { lists } from '../../../src/cli/lists.js'
import { type ControlCommand, openControlServer } from '../../../src/control/server.js'
import { CannotRunError, InputError } from '../../../src/errors.js'
import { withOutput } from '../../helpers/capture-output.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
let sockets = 0
const state = {
  name: 'ads',
  url: 'https://lists.test/a',
  status: 'current',
  entries: 3,
  age: 60,
  nextAt: '2000-01-01T00:00:00.000Z',
  isUpdating: false,
  lastError: null,
}
const updated = { name: 'ads', outcome: 'updated', entries: 3, error: null }
const failed = { name: 'more', outcome: 'failed', entries: 0, error: 'gone' }

async function running(commands: Readonly<Record<string, ControlCommand>>): Promise<string> {
  const path = join(folder.path, `${sockets++}.sock`)
  const server = await openControlServer({ path, ownFolder: undefined }, commands)
  onTestFinished(() => server.close())
  return path
}

describe('lists', () => {
  test('shows how the lists of the running instance stand', async () => {
    const control = await running({ lists: () => [state] })
    const { stdout, stderr, result } = await withOutput(() => lists([], { control }))
    expect(stdout).toBe('ads  current  3 rules  checked 1 min ago  next in 0 s  https://lists.test/a\n')
    expect([stderr, result]).toEqual(['', 0])
    const { stdout: json } = await withOutput(() => lists([], { control, json: true }))
    expect(JSON.parse(json)).toEqual([state])
  })

  test('says where there are none', async () => {
    const control = await running({ lists: () => [] })
    const { stdout, stderr, result } = await withOutput(() => lists([], { control }))
    expect([stdout, result]).toEqual(['', 0])
    expect(stderr).toBe('veilgate: no lists are configured (rules.lists)\n')
    expect((await withOutput(() => lists([], { control, json: true }))).stdout).toBe('[]\n')
  })

  test('finds the socket by the configuration', async () => {
    const control = await running({ lists: () => [state] })
    const config = folder.write('c.yaml', `control: ${control}\n`)
    expect((await withOutput(() => lists([], { config }))).stdout).toContain('ads')
    const off = folder.write('off.yaml', 'control: off\n')
    await expect(lists([], { config: off })).rejects.toThrow('control: off')
    await expect(lists([], { config: '/no/such.yaml' })).rejects.toThrow(InputError)
  })

  test('ends where none runs', async () => {
    await expect(lists([], { control: '/no/such.sock' })).rejects.toThrow(CannotRunError)
    await expect(lists(['update'], {})).rejects.toThrow('no veilgate runs here')
  })
})

describe('lists update', () => {
  test('asks for all lists or the named ones, and says what became of them', async () => {
    const asked: unknown[] = []
    const control = await running({
      'lists update': (request) => {
        asked.push(request)
        return [updated]
      },
    })
    const { stdout, result } = await withOutput(() => lists(['update'], { control }))
    expect([stdout, result]).toEqual(['ads  updated  3 rules\n', 0])
    const options = { control, acceptShrink: true, json: true } as const
    const { stdout: json } = await withOutput(() => lists(['update', 'ads', 'more'], options))
    expect(JSON.parse(json)).toEqual([updated])
    expect(asked).toEqual([
      { command: 'lists update', acceptShrink: false },
      { command: 'lists update', names: ['ads', 'more'], acceptShrink: true },
    ])
  })

  test('gives a negative answer where a list was not updated', async () => {
    const control = await running({ 'lists update': () => [updated, failed] })
    const { stdout, result } = await withOutput(() => lists(['update'], { control }))
    expect(stdout).toBe('ads   updated  3 rules\nmore  failed   0 rules\n  gone\n')
    expect(result).toBe(1)
  })
})

test.each([
  [['updat'], {}, 'lists has no updat; write lists, or lists update'],
  [['ads'], {}, 'lists has no ads'],
  [[], { acceptShrink: true } as const, '--accept-shrink is for an update; write lists update'],
])('%j %j is bad usage', async (words, options, message) => {
  await expect(lists(words, options)).rejects.toThrow(InputError)
  await expect(lists(words, options)).rejects.toThrow(message)
})
