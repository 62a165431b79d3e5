import { describe, expect, test } from 'vitest'
import { check } from '../../../src/cli/check.js'
import { withOutput } from '../../helpers/capture-output.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()

function rules(text: string) {
  return [{ name: 't.rules', path: folder.write('t.rules', text), action: 'block' as const }]
}

const TEXT = `# one
block .tracker.test # tracking
block a.tracker.test
allow ok.test
block http://*.test/banner/**
block 192.0.2.0/24
`

describe('check', () => {
  test.each([
    ['b.tracker.test', 'block b.tracker.test  t.rules:2  block .tracker.test  # tracking\n', 1],
    [
      'a.tracker.test',
      'block a.tracker.test  t.rules:3  block a.tracker.test\n  t.rules:2  block .tracker.test  # tracking\n',
      1,
    ],
    ['b.example', 'allow b.example  default\n', 0],
    ['OK.Test.', 'allow OK.Test.  t.rules:4  allow ok.test\n  host ok.test\n', 0],
    ['http://0x7f.1/', /^block http:\/\/0x7f\.1\/ {2}guard {2}# .*loopback\n {2}host 127\.0\.0\.1\n$/, 1],
    ['ok.test', 'allow ok.test  t.rules:4  allow ok.test\n', 0],
    ['ok.test:8443', 'allow ok.test:8443  t.rules:4  allow ok.test\n', 0],
    ['https://b.tracker.test/x', 'block https://b.tracker.test/x  t.rules:2  block .tracker.test  # tracking\n', 1],
    ['http://x.test/banner/1', 'block http://x.test/banner/1  t.rules:5  block http://*.test/banner/**\n', 1],
    ['http://x.test/other', 'allow http://x.test/other  default\n', 0],
    ['192.0.2.7', 'block 192.0.2.7  t.rules:6  block 192.0.2.0/24\n', 1],
    ['127.0.0.1', /^block 127\.0\.0\.1 {2}guard {2}# .*loopback\n$/, 1],
    ['b.example:25', /^block b\.example:25 {2}port {2}# this port is not open/, 1],
  ])('%s: %s', async (target, text, exitCode) => {
    const { stdout, result } = await withOutput(() => check([target], { ruleFiles: rules(TEXT) }))
    expect(stdout).toMatch(text instanceof RegExp ? text : new RegExp(`^${escapeRegExp(text)}$`))
    expect(result).toBe(exitCode)
  })

  test('gives each target its line, in the order asked, and 1 when any is blocked', async () => {
    const { stdout, result } = await withOutput(() => check(['ok.test', 'b.tracker.test'], { ruleFiles: rules(TEXT) }))
    expect(stdout.split('\n').map((line) => line.split(' ', 2).join(' '))).toEqual([
      'allow ok.test',
      'block b.tracker.test',
      '',
    ])
    expect(result).toBe(1)
  })

  test('names the default line that decides', async () => {
    const { stdout } = await withOutput(() =>
      check(['b.example'], { ruleFiles: rules('default block\nallow ok.test\n') }),
    )
    expect(stdout).toBe('block b.example  default  t.rules:1  default block\n')
  })

  test('says of a rule that only reports that it does', async () => {
    const { stdout } = await withOutput(() => check(['b.tracker.test'], { ruleFiles: rules(TEXT), report: true }))
    expect(stdout).toMatch(/^block b\.tracker\.test {2}t\.rules:2 .* {2}\(only reported\)\n$/)
  })

  test('--json is an array with the members of the contract', async () => {
    const { stdout } = await withOutput(() =>
      check(['a.tracker.test', 'b.example'], { ruleFiles: rules(TEXT), json: true }),
    )
    const exact = { list: 't.rules', line: 3, text: 'block a.tracker.test', action: 'block', level: 'block' }
    const suffix = {
      list: 't.rules',
      line: 2,
      text: 'block .tracker.test',
      action: 'block',
      level: 'block',
      reason: 'tracking',
    }
    expect(JSON.parse(stdout)).toEqual([
      {
        target: 'a.tracker.test',
        host: 'a.tracker.test',
        action: 'block',
        reason: 'rule',
        rule: exact,
        matches: [exact, suffix],
      },
      { target: 'b.example', host: 'b.example', action: 'allow', reason: 'default', rule: null, matches: [] },
    ])
  })

  test('finds every target that is none, and decides nothing', async () => {
    await expect(
      check(['a..b', 'ok.test', 'ftp://x/', 'b\u001b[2J'], { ruleFiles: rules(TEXT) }),
    ).rejects.toMatchObject({
      problems: [{ file: 'a..b' }, { file: 'ftp://x/' }, { file: 'b\\x1b[2J' }],
    })
  })

  test('lets nothing in a rule file move the cursor of a terminal', async () => {
    const { stdout } = await withOutput(() =>
      check(['ads.example'], { ruleFiles: rules('block ads.example # \u001b[2Jgone\n') }),
    )
    expect(stdout).toBe('block ads.example  t.rules:1  block ads.example  # \\x1b[2Jgone\n')
  })
})

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
