import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type DiffOptions, diff } from '../../../src/cli/diff.js'
import { InputError } from '../../../src/errors.js'
import { withOutput } from '../../helpers/capture-output.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
folder.write('more.rules', 'block .b.test # more\n')
const before = folder.write('old.rules', 'block a.test\nblock c.test\n')
const after = folder.write('new.rules', 'block a.test\ninclude more.rules\ndefault block\n')
const hits = (host: string) => `${JSON.stringify({ target: { form: 'authority', host, port: 443, ip: null } })}\n`
const log = folder.write('access.jsonl', `${hits('x.b.test')}${hits('x.b.test')}${hits('a.test')}no json\n`)

const run = (options: DiffOptions = {}, files = [before, after] as const) =>
  withOutput(() => diff(files[0], files[1], options))

describe('veilgate diff', () => {
  test('by rule, with all that is included', async () => {
    expect(await run()).toEqual({
      stdout: `- ${before}:2  block c.test\n+ ${join(folder.path, 'more.rules')}:1  block .b.test  # more\ndefault allow → block\n`,
      stderr: 'veilgate: 1 rule removed, 1 added, 1 the same\n',
      result: 0,
    })
  })

  test('by request, with a log', async () => {
    const { stdout, stderr } = await run({ log })
    expect(stdout).toContain(`allow → block  x.b.test:443  2×  default → ${join(folder.path, 'more.rules')}:1`)
    expect(stderr).toContain('; 2 of 3 requests decided otherwise (no such record: 1 line)\n')
  })

  test('--default is for both', async () => {
    expect((await run({ default: 'block' })).stdout).not.toContain('default')
  })

  test('--scope reads bare names as start would', async () => {
    const bare = folder.write('bare.txt', 'b.test\n')
    const suffix = folder.write('suffix.txt', '.b.test\n')
    expect((await run({}, [bare, suffix])).stdout).not.toBe('')
    expect((await run({ scope: 'suffix' }, [bare, suffix])).stdout).toBe('')
  })

  test('--json', async () => {
    expect(JSON.parse((await run({ json: true, log })).stdout)).toMatchObject({
      removed: [{ list: before, line: 2, text: 'block c.test', action: 'block', level: 'block' }],
      added: [{ line: 1, reason: 'more' }],
      unchanged: 1,
      default: { before: 'allow', after: 'block' },
      requests: {
        total: 3,
        skippedLines: 1,
        changes: [
          {
            host: 'x.b.test',
            port: 443,
            requests: 2,
            before: { action: 'allow', rule: null },
            after: { action: 'block' },
          },
        ],
      },
    })
  })

  test('--exit-code is 1 where anything changes', async () => {
    expect((await run({ exitCode: true })).result).toBe(1)
    expect((await run({ exitCode: true }, [before, before])).result).toBe(0)
  })

  test.each([
    ['a file that is not there', [before, join(folder.path, 'nowhere')], {}, /nowhere: cannot be read/],
    [
      'rules that no proxy would start with',
      [before, folder.write('wrong.rules', 'block a..b\n')],
      {},
      /wrong\.rules:1:7/,
    ],
    [
      'a log that is not there',
      [before, after],
      { log: join(folder.path, 'nolog') },
      /nolog: cannot be read \(ENOENT\)/,
    ],
    [
      'a log in another format',
      [before, after],
      { log: before },
      /no request in it; give an access log in the format json/,
    ],
  ] as const)('%s', async (_, files, options, message) => {
    await expect(run(options, files)).rejects.toThrow(message)
    await expect(run(options, files)).rejects.toThrow(InputError)
  })
})
