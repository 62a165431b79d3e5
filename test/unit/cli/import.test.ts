import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { importFiles } from '../../../src/cli/import.js'
import { CannotRunError, InputError } from '../../../src/errors.js'
import { withOutput } from '../../helpers/capture-output.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
const hosts = folder.write('hosts', '0.0.0.0 ads.example\n192.0.2.1 nas.example\n')
const at = (name: string) => join(folder.path, name)

describe('import', () => {
  test('writes rules to standard output and the rest to standard error', async () => {
    const { stdout, stderr, result } = await withOutput(() => importFiles([hosts], { from: 'hosts' }))
    expect(stdout).toBe(`# imported from hosts by veilgate import\n\n# from ${hosts}\nblock ads.example\n`)
    expect(stderr).toBe(
      [
        `${hosts}:2: hosts line with another address: 192.0.2.1 nas.example`,
        'veilgate: 1 file of hosts: 1 block, 0 allow, 1 not carried over as a whole',
        '',
      ].join('\n'),
    )
    expect(result).toBe(0)
  })

  test('a line that is not carried over is told cut where it is long, and whole in the JSON report', async () => {
    const long = `192.0.2.1 ${'x'.repeat(148)}`
    // the cut would go through a character of two code units
    const file = folder.write('long.hosts', `0.0.0.0 ads.example\n${long}yz\n${long}yyy\n${long}\u{1f600}y\n`)
    const { stderr } = await withOutput(() => importFiles([file], { from: 'hosts' }))
    const shown = stderr.split('\n').map((line) => line.replace(/^.*: (?=192)/, ''))
    expect(shown.slice(0, 3)).toEqual([`${long}yz`, `${long}y…`, `${long}…`])
    const { stdout } = await withOutput(() => importFiles([file], { from: 'hosts', output: at('long'), json: true }))
    expect(JSON.parse(stdout).skipped[1].text).toBe(`${long}yyy`)
  })

  test('--output writes a whole file or none, and replaces one only with --force', async () => {
    const output = at('out.rules')
    const { stdout, stderr } = await withOutput(() => importFiles([hosts], { from: 'hosts', output }))
    expect(stdout).toBe('')
    expect(stderr).toContain(`→ ${output}:`)
    expect(readFileSync(output, 'utf8')).toContain('block ads.example\n')
    await expect(importFiles([hosts], { from: 'hosts', output })).rejects.toThrow(InputError)

    folder.write('hosts2', '0.0.0.0 other.example\n')
    await withOutput(() => importFiles([at('hosts2')], { from: 'hosts', output, force: true }))
    expect(readFileSync(output, 'utf8')).toContain('block other.example\n')
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test('an output that cannot be written is said, and leaves nothing behind', async () => {
    await expect(importFiles([hosts], { from: 'hosts', output: at('nowhere/out.rules') })).rejects.toThrow(
      CannotRunError,
    )
    mkdirSync(at('taken'))
    await expect(importFiles([hosts], { from: 'hosts', output: at('taken'), force: true })).rejects.toThrow(
      CannotRunError,
    )
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test('--json is the report, and needs --output', async () => {
    const output = at('json.rules')
    const { stdout, stderr } = await withOutput(() => importFiles([hosts], { from: 'hosts', output, json: true }))
    expect(JSON.parse(stdout)).toEqual({
      from: 'hosts',
      output,
      rules: { block: 1, allow: 0, default: 'allow' },
      lists: [],
      skippedLines: 1,
      skipped: [
        { file: hosts, line: 2, reason: 'hosts line with another address', text: '192.0.2.1 nas.example', count: 1 },
      ],
    })
    expect(stderr).toMatch(/^veilgate: 1 file of hosts → .*\n$/)
    await expect(importFiles([hosts], { from: 'hosts', json: true })).rejects.toThrow(/add --output/)
  })

  test('where nothing can be carried over nothing is written, and that is 1', async () => {
    const lists = folder.write('adlists.list', 'https://lists.example/a\n')
    const output = at('empty.rules')
    const { stdout, stderr, result } = await withOutput(() => importFiles([lists], { from: 'pihole', output }))
    expect([stdout, result, existsSync(output)]).toEqual(['', 1, false])
    expect(stderr).toContain('list to subscribe to, in rules.lists: https://lists.example/a\n')
  })

  test('tells twenty lines of a reason, then how many more there are', async () => {
    const many = folder.write('many', Array.from({ length: 30 }, (_, i) => `192.0.2.1 h${i}.example\n`).join(''))
    const { stderr } = await withOutput(() => importFiles([many, hosts], { from: 'hosts' }))
    expect(stderr.match(/: hosts line with another address: 192/g)).toHaveLength(21)
    expect(stderr).toContain(`${many}: hosts line with another address: 10 more\n`)
    expect(stderr).toContain('31 not carried over')
  })

  test('nothing in a file moves the cursor of the terminal', async () => {
    const evil = folder.write('evil', '0.0.0.0 a.example\n192.0.2.1 \u001b[2Jx\n')
    expect((await withOutput(() => importFiles([evil], { from: 'hosts' }))).stderr).toContain('\\x1b[2Jx')
  })

  test('reads files packed by gzip', async () => {
    writeFileSync(at('hosts.gz'), gzipSync('0.0.0.0 packed.example\n'))
    const { stdout } = await withOutput(() => importFiles([at('hosts.gz')], { from: 'hosts' }))
    expect(stdout).toContain('block packed.example\n')
  })

  test('a file that cannot be read is bad input', async () => {
    await expect(importFiles([at('nowhere')], { from: 'hosts' })).rejects.toThrow(InputError)
  })

  test('reads what a configuration names', async () => {
    const config = folder.write('squid.conf', 'acl a dstdomain "list.txt"\nhttp_access deny a\n')
    folder.write('list.txt', '.l.example\n')
    const { stdout } = await withOutput(() => importFiles([config], { from: 'squid' }))
    expect(stdout).toContain(`# from ${at('list.txt')}\nblock .l.example\n`)
  })
})
