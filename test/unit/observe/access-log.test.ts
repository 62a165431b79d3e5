import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { exchangeSettled } from '../../../src/channels.js'
import type { AccessLogFormat } from '../../../src/config/config.js'
import { CannotRunError } from '../../../src/errors.js'
import { createAccessLog, lineFormat } from '../../../src/observe/access-log.js'
import { recordOf } from './records.js'

const FORMATS: readonly AccessLogFormat[] = ['pretty', 'json', 'squid', 'common', 'combined']

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'veilgate-access-'))
  path = join(folder, 'access.log')
})
afterEach(() => rmSync(folder, { recursive: true }))

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n')

describe('access log', () => {
  test.each(FORMATS)('writes a line of %s for each settled exchange', async (format) => {
    const log = createAccessLog({ file: path, format })
    const record = recordOf()
    exchangeSettled.publish(record)
    exchangeSettled.publish(record)
    await log.close()
    const line = lineFormat(format, false)(record)
    expect(linesOf(path)).toEqual([line, line])
  })

  test('listens until it is closed, so that nobody makes records in vain', async () => {
    expect(exchangeSettled.hasSubscribers).toBe(false)
    const log = createAccessLog({ file: path, format: 'json' })
    expect(exchangeSettled.hasSubscribers).toBe(true)
    await log.close()
    expect(exchangeSettled.hasSubscribers).toBe(false)
  })

  test('an unwritable path cannot be run with, and leaves nothing listening', () => {
    expect(() => createAccessLog({ file: join(folder, 'none', 'a.log'), format: 'json' })).toThrow(CannotRunError)
    expect(exchangeSettled.hasSubscribers).toBe(false)
  })

  test('a rotated file keeps what was logged before, and the new one gets what comes after', async () => {
    const log = createAccessLog({ file: path, format: 'json' })
    exchangeSettled.publish(recordOf({ id: 'before' }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    renameSync(path, `${path}.1`)
    exchangeSettled.publish(recordOf({ id: 'between' }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    log.reopen()
    exchangeSettled.publish(recordOf({ id: 'after' }))
    await log.close()
    const ids = (file: string): unknown[] => linesOf(file).map((line) => JSON.parse(line).id)
    expect(ids(`${path}.1`)).toEqual(['before', 'between'])
    expect(ids(path)).toEqual(['after'])
  })

  test('flushNow has written before it returns, because the process is about to end', async () => {
    const log = createAccessLog({ file: path, format: 'json' })
    exchangeSettled.publish(recordOf({ id: 'first' }))
    exchangeSettled.publish(recordOf({ id: 'last' }))
    log.flushNow()
    expect(linesOf(path).map((line) => JSON.parse(line).id)).toEqual(['first', 'last'])
    await log.close()
    expect(linesOf(path)).toHaveLength(2)
  })

  test('a reopen that fails warns and goes on with the old file', async () => {
    const warnings: string[] = []
    const log = createAccessLog({ file: path, format: 'json', onWarning: (message) => warnings.push(message) })
    renameSync(folder, `${folder}-moved`)
    log.reopen()
    exchangeSettled.publish(recordOf())
    await log.close()
    renameSync(`${folder}-moved`, folder)
    expect(warnings).toEqual([expect.stringMatching(/^cannot reopen the access log \(.*ENOENT/)])
    expect(linesOf(path)).toHaveLength(1)
  })

  test('a full disk warns, says how many lines are lost and stops nothing', async () => {
    const warnings: string[] = []
    const log = createAccessLog({ file: '/dev/full', format: 'json', onWarning: (message) => warnings.push(message) })
    for (let i = 0; i < 20; i++) {
      exchangeSettled.publish(recordOf())
      await new Promise(setImmediate)
    }
    await log.close()
    expect(log.lostLines()).toBe(20)
    expect(warnings).toEqual([
      expect.stringMatching(/^the access log loses lines: ENOSPC/),
      'the access log lost 20 lines, 20 since the start',
    ])
  })

  test('lines that come faster than they are written are dropped and counted, not gathered without end', async () => {
    const warnings: string[] = []
    const log = createAccessLog({ file: path, format: 'json', onWarning: (message) => warnings.push(message) })
    const record = recordOf({ decision: { rule: { list: 'l', line: 1, text: 'x'.repeat(200_000) } } })
    for (let i = 0; i < 200; i++) {
      exchangeSettled.publish(record)
      await Promise.resolve()
      await new Promise<void>((resolve) => process.nextTick(resolve))
    }
    await log.close()
    expect(log.lostLines()).toBeGreaterThan(0)
    expect(linesOf(path)).toHaveLength(200 - log.lostLines())
    expect(warnings).toEqual([
      expect.stringContaining('too slowly'),
      `the access log lost ${log.lostLines()} lines, ${log.lostLines()} since the start`,
    ])
  })

  // invariant: whatever a client or an origin sent, a record is one line without control characters, queries or credentials
  test('no record becomes two lines or tells a secret', () => {
    const wild = fc.string({ unit: 'binary', maxLength: 30 })
    const secret = 'hunter2'
    fc.assert(
      fc.property(
        fc.constantFrom(...FORMATS),
        fc.constantFrom('absolute', 'authority', 'origin', 'asterisk', 'invalid'),
        fc.record({
          method: wild,
          host: wild,
          path: wild,
          text: wild,
          referer: wild,
          userAgent: wild,
          contentType: wild,
        }),
        (format, form, { method, host, path: wildPath, text, referer, userAgent, contentType }) => {
          const record = recordOf({
            id: text,
            client: { user: text },
            method,
            target: { form, host, path: `/${wildPath}?${secret}`, ip: text, sni: text },
            decision: { rule: { list: text, line: 1, text } },
            referer: `http://${secret}:${secret}@r.test/${referer}?${secret}#${secret}`,
            userAgent,
            contentType,
            error: text,
          })
          const line = lineFormat(format, false)(record)
          expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
          expect(line).not.toContain(secret)
          if (format === 'squid') expect(line.trim().split(/ +/)).toHaveLength(10)
          if (format === 'combined') expect(line).toMatch(COMBINED_LINE)
          if (format === 'common') expect(line).toMatch(COMMON_LINE)
        },
      ),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 100) },
    )
  })
})

const QUOTED = '"(?:[^"\\\\]|\\\\.)*"'
const COMMON_START = `^\\S+ - \\S+ \\[[^\\]]+\\] ${QUOTED} \\d+ \\d+`
const COMMON_LINE = new RegExp(`${COMMON_START} \\w+:\\w+$`)
const COMBINED_LINE = new RegExp(`${COMMON_START} ${QUOTED} ${QUOTED} \\w+:\\w+$`)
