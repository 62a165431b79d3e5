import { describe, expect, test } from 'vitest'
import { config } from '../../../src/cli/config.js'
import { DEFAULT_CONFIG } from '../../../src/config/config.js'
import { printDefaults } from '../../../src/config/print.js'
import { FILE_SCHEMA_JSON } from '../../../src/config/schema.js'
import { withOutput } from '../../helpers/capture-output.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
folder.write('my.rules', 'block ads.example\n')
const good = folder.write('good.yaml', 'rules: { files: [my.rules] }\nheaders: { set: { authorization: hunter2 } }\n')
const broken = folder.write('broken.yaml', 'lisen: []\n')
const brokenRules = folder.write('broken-rules.yaml', 'rules: { files: [broken.rules] }\n')
folder.write('broken.rules', 'block a..b\n')

describe('config print', () => {
  test('shows what is in force, options over the file, secrets masked', async () => {
    const { stdout, result } = await withOutput(() => config('print', { config: good, default: 'block' }))
    expect(stdout).toContain('  default: block\n')
    expect(stdout).toContain(`  files: [${folder.path}/my.rules]\n`)
    expect(stdout).toContain('authorization: <masked>')
    expect(stdout).not.toContain('hunter2')
    expect(result).toBe(0)
  })

  test('is JSON under --json, secrets masked there too', async () => {
    const { stdout } = await withOutput(() => config('print', { config: good, json: true }))
    expect(JSON.parse(stdout)).toMatchObject({
      headers: { set: { authorization: '<masked>' } },
      limits: { headTimeout: '10s' },
    })
  })

  test('refuses a file with faults', async () => {
    await expect(config('print', { config: broken })).rejects.toThrow('broken.yaml:1:1: lisen: unknown key')
  })
})

describe('config check', () => {
  test('says on standard error that all is in order', async () => {
    const { stdout, stderr, result } = await withOutput(() => config('check', { config: good }))
    expect([stdout, stderr, result]).toEqual(['', 'veilgate: configuration and rules are in order, 1 rule\n', 0])
  })

  test('finds faults of the configuration and of the rules that it names', async () => {
    await expect(config('check', { config: broken })).rejects.toThrow('broken.yaml:1:1')
    await expect(config('check', { config: brokenRules })).rejects.toThrow(/broken\.rules:1:\d+/)
  })

  test('is one JSON document under --json, whichever the answer', async () => {
    const right = await withOutput(() => config('check', { config: good, json: true }))
    expect(JSON.parse(right.stdout)).toEqual({ ok: true, rules: 1, problems: [], anonymous: [] })
    const wrong = await withOutput(() => config('check', { config: broken, json: true }).catch(String))
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      ok: false,
      problems: [{ line: 1, column: 1, fix: 'did you mean listen?' }],
    })
    expect(wrong.result).toContain('InputError')
  })
})

describe('config defaults and schema', () => {
  test('print the defaults with comments, or as JSON', async () => {
    expect((await withOutput(() => config('defaults', {}))).stdout).toBe(printDefaults())
    const { stdout } = await withOutput(() => config('defaults', { json: true }))
    expect(JSON.parse(stdout)).toMatchObject({
      listen: DEFAULT_CONFIG.listen,
      egress: { connectPorts: [443, 80, 8443] },
    })
  })

  test('print the JSON Schema', async () => {
    const { stdout } = await withOutput(() => config('schema', {}))
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(FILE_SCHEMA_JSON)))
  })
})
