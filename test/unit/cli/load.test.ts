import { describe, expect, test } from 'vitest'
import { loadConfig, loadSetup } from '../../../src/cli/load.js'
import { SHIPPED_RULES } from '../../../src/config/shipped-rules.js'
import { InputError } from '../../../src/errors.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
const blockRules = folder.write('block.rules', 'default allow\nblock ads.example\n')
const file = (path: string) => ({ name: path, path, action: 'block' as const })

describe('loadConfig', () => {
  test('reads no configuration unless one is named', async () => {
    folder.write('veilgate.yaml', 'limits: { headBytes: 2000 }\n')
    expect((await loadConfig({})).limits.headBytes).toBe(65_536)
  })

  test('takes the shipped rules where nobody names others', async () => {
    const config = folder.write('no-files.yaml', 'rules: { default: block }\n')
    expect((await loadConfig({})).rules.files).toEqual([SHIPPED_RULES])
    expect((await loadConfig({ config })).rules.files).toEqual([SHIPPED_RULES])
  })

  test('rule files of the configuration replace the shipped ones, those of the options both', async () => {
    const config = folder.write('files.yaml', 'rules: { files: [block.rules] }\n')
    const none = folder.write('none.yaml', 'rules: { files: [] }\n')
    expect((await loadConfig({ config })).rules.files).toEqual([{ ...file(blockRules), name: 'block.rules' }])
    expect((await loadConfig({ config, ruleFiles: [file('/a')] })).rules.files).toEqual([file('/a')])
    expect((await loadConfig({ config: none })).rules.files).toEqual([])
  })

  test('options beat the file, the file beats the defaults', async () => {
    const config = folder.write('levels.yaml', 'log: { level: warn, access: { format: json } }\n')
    const { log } = await loadConfig({ config, logLevel: 'debug' })
    expect(log).toEqual({ level: 'debug', access: { file: '-', format: 'json' } })
  })

  test('refuses an open proxy, whichever layer makes it one', async () => {
    const config = folder.write('open.yaml', 'listen: ["http://0.0.0.0:3128"]\n')
    await expect(loadConfig({ config })).rejects.toThrow(InputError)
    await expect(loadConfig({ listen: ['http://[::]:3128'] })).rejects.toThrow('--clients')
    await expect(loadConfig({ config, open: true })).resolves.toMatchObject({ open: true })
    await expect(loadConfig({ config, clients: ['10.0.0.0/8'] })).resolves.toBeDefined()
  })
})

describe('loadSetup', () => {
  test('compiles the rules of the configuration', async () => {
    const { ruleSet } = await loadSetup({ ruleFiles: [file(blockRules)] })
    expect(ruleSet.size).toBe(1)
    expect(ruleSet.decide('ads.example').action).toBe('block')
  })

  test('--default beats the configuration, which beats default lines', async () => {
    const config = folder.write('default.yaml', 'rules: { files: [block.rules], default: block }\n')
    expect((await loadSetup({ ruleFiles: [file(blockRules)] })).ruleSet.defaultAction).toBe('allow')
    expect((await loadSetup({ config })).ruleSet.defaultAction).toBe('block')
    expect((await loadSetup({ config, default: 'allow' })).ruleSet.defaultAction).toBe('allow')
  })

  test('--scope suffix makes bare names mean what is below them too', async () => {
    const ruleFiles = [file(blockRules)]
    expect((await loadSetup({ ruleFiles })).ruleSet.decide('x.ads.example').action).toBe('allow')
    const list = [file(folder.write('bare.txt', 'ads.example\n'))]
    expect((await loadSetup({ ruleFiles: list, scope: 'suffix' })).ruleSet.decide('x.ads.example').action).toBe('block')
  })

  test('takes rules from standard input', async () => {
    const stdin = () => Promise.resolve('block ads.example\n')
    const { ruleSet } = await loadSetup({ ruleFiles: [file('-')] }, { stdin })
    expect(ruleSet.decide('ads.example').rule).toMatchObject({ list: '-', line: 1 })
  })
})
