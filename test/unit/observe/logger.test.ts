import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createLineLogger, createLogger } from '../../../src/observe/logger.js'

function memory() {
  const stream = new Writable({
    write(chunk, _encoding, done) {
      seen.text += String(chunk)
      done()
    },
  })
  const seen = { stream, text: '' }
  return seen
}

const tick = (): Promise<void> => new Promise(setImmediate)

describe('logger', () => {
  test('writes a line a message with its level, from the level asked for up', async () => {
    const seen = memory()
    const logger = createLogger({ level: 'warn', stream: seen.stream })
    logger.error('one')
    logger.warn('two')
    logger.info('three')
    logger.debug('four')
    await tick()
    expect(seen.text).toBe('veilgate: error: one\nveilgate: warning: two\n')
  })

  test('at debug everything is told', async () => {
    const seen = memory()
    const logger = createLogger({ level: 'debug', stream: seen.stream })
    logger.info('three')
    logger.debug('four')
    await tick()
    expect(seen.text).toBe('veilgate: three\nveilgate: debug: four\n')
  })

  test('masks secrets and escapes control characters', async () => {
    const seen = memory()
    createLogger({ level: 'info', stream: seen.stream }).info('http://u:hunter2@h.test \x1b[31m')
    await tick()
    expect(seen.text).toBe('veilgate: http://***@h.test \\u001b[31m\n')
  })

  test('marks each line of a message of several', async () => {
    const seen = memory()
    createLogger({ level: 'info', stream: seen.stream }).error('a:1:1: one\na:2:1: two')
    await tick()
    expect(seen.text).toBe('veilgate: error: a:1:1: one\nveilgate: error: a:2:1: two\n')
  })

  test('with json writes an object a line', async () => {
    const seen = memory()
    createLogger({ level: 'info', json: true, stream: seen.stream }).warn('Cookie: hunter2\n%s')
    await tick()
    expect(seen.text.endsWith('}\n')).toBe(true)
    const { ts, ...rest } = JSON.parse(seen.text)
    expect(rest).toEqual({ level: 'warn', message: 'Cookie: ***\n%s' })
    expect(Number.isNaN(Date.parse(ts))).toBe(false)
  })

  test('a stream that fails stops nothing', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')), autoDestroy: false })
    const logger = createLogger({ level: 'info', stream })
    logger.info('one')
    await tick()
    logger.info('two')
    await tick()
  })
})

describe('line logger', () => {
  test('hands over lines as they are, all before close resolves', async () => {
    const seen = memory()
    const lines = createLineLogger(seen.stream)
    const expected = Array.from({ length: 1000 }, (_, i) => `${i} %s {"a":1}`)
    for (const line of expected) lines.write(line)
    await lines.close()
    expect(seen.text).toBe(`${expected.join('\n')}\n`)
  })
})
