import { once } from 'node:events'
import { chmodSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { askRunning } from '../../../src/control/client.js'
import { openControlServer } from '../../../src/control/server.js'
import { CannotRunError, InputError } from '../../../src/errors.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
let sockets = 0
const newPlace = () => ({ path: join(folder.path, `${sockets++}.sock`), ownFolder: undefined })

describe('a veilgate that runs', () => {
  const problem = { file: 'rules.lists', line: 0, column: 0, message: 'there is no list x', fix: 'name ads' }

  async function running() {
    const place = newPlace()
    const server = await openControlServer(place, {
      lists: () => [{ name: 'ä'.repeat(500_000) }],
      nothing: () => undefined,
      wrong: () => {
        throw new InputError([problem])
      },
      broken: () => {
        throw new Error('disk on fire')
      },
    })
    onTestFinished(() => server.close())
    return place
  }

  test('answers what it is asked, at any length', async () => {
    const place = await running()
    expect(await askRunning(place, { command: 'lists' })).toEqual([{ name: 'ä'.repeat(500_000) }])
    expect(await askRunning(place, { command: 'nothing' })).toBeUndefined()
  })

  test('says what is wrong with a question, and what it could not do', async () => {
    const place = await running()
    const wrong = askRunning(place, { command: 'wrong' })
    await expect(wrong).rejects.toThrow(InputError)
    await expect(wrong).rejects.toThrow('rules.lists: there is no list x; name ads')
    const broken = askRunning(place, { command: 'broken' })
    await expect(broken).rejects.toThrow(CannotRunError)
    await expect(broken).rejects.toThrow('disk on fire')
    await expect(askRunning(place, { command: 'newer' })).rejects.toThrow('no command newer')
  })
})

describe('nobody', () => {
  test('runs where there is no socket', async () => {
    const asked = askRunning(newPlace(), { command: 'lists' })
    await expect(asked).rejects.toThrow(CannotRunError)
    await expect(asked).rejects.toThrow(/^no veilgate runs here that could be asked \(.*\.sock\); start one, or name/)
  })

  test('is asked in a folder that others may write', async () => {
    const ownFolder = join(folder.path, 'open')
    mkdirSync(ownFolder)
    const path = join(ownFolder, 'x.sock')
    const server = await openControlServer({ path, ownFolder: undefined }, { lists: () => [] })
    onTestFinished(() => server.close())
    chmodSync(ownFolder, 0o777)
    await expect(askRunning({ path, ownFolder }, { command: 'lists' })).rejects.toThrow('no veilgate runs here')
  })

  test.each([
    ['ends', ''],
    ['says something else', 'SSH-2.0\n'],
  ])('answers where one %s', async (_what, text) => {
    const place = newPlace()
    const server = createServer((socket) => void socket.on('error', () => {}).end(text)).listen(place.path)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    await expect(askRunning(place, { command: 'lists' })).rejects.toThrow('ended before it answered')
  })
})
