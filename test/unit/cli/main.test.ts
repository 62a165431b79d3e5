import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { run } from '../../../src/cli/main.js'
import { withOutput } from '../../helpers/capture-output.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
const rules = folder.write('t.rules', 'block ads.example\n')

afterEach(() => {
  process.exitCode = 0
})

async function veilgate(...words: string[]) {
  const { stdout, stderr } = await withOutput(() => run(['node', 'veilgate', ...words]))
  return { stdout, stderr, exitCode: process.exitCode }
}

describe('run', () => {
  test('--version prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(await veilgate('--version')).toEqual({ stdout: `${version}\n`, stderr: '', exitCode: 0 })
  })

  test.each(['start', 'check', 'lint', 'import', 'lists', 'upstreams', 'tunnel', 'config'])(
    '%s --help has examples, on standard output',
    async (command) => {
      const { stdout, stderr, exitCode } = await veilgate(command, '--help')
      expect(stdout).toContain(`Usage: veilgate ${command}`)
      expect(stdout).toMatch(new RegExp(`Examples:\\n {2}veilgate ${command}\\b`))
      expect([stderr, exitCode]).toEqual(['', 0])
      expect(await veilgate('help', command)).toMatchObject({ stdout, exitCode: 0 })
    },
  )

  test('help names no command and no option of a later version', async () => {
    const { stdout } = await veilgate('start', '--help')
    expect(stdout).not.toMatch(/--user|--at/)
    expect((await veilgate('--help')).stdout).not.toMatch(/replay/)
  })

  test('without a command it shows the help, as an error', async () => {
    const { stdout, stderr, exitCode } = await veilgate()
    expect([stdout, exitCode]).toEqual(['', 2])
    expect(stderr).toContain('Usage: veilgate')
  })

  test.each([
    [['strat'], "unknown command 'strat'\n(Did you mean start?)"],
    [['start', '--lisen', 'x'], "unknown option '--lisen'\n(Did you mean --listen?)"],
    [['start', '--lisen=x'], "unknown option '--lisen'\n(Did you mean --listen?)"],
    [['start', 'word'], 'too many arguments'],
    [['start', '--rules', 'a', 'b'], 'An option takes one value; give it again for more'],
    [['start', '--rules'], "option '--rules <FILE>' argument missing"],
    [['start', '--default', 'deny'], 'write allow or block'],
    [['--rules', 'x', 'start'], 'options stand behind the command'],
    [['start', '--upstream', 'ftp://127.0.0.1:9050'], 'upstreams do not speak ftp'],
    [['tunnel', 'a.test:1', '--upstream', 'socks5h://127.0.0.1:1'], 'a tunnel does not speak socks5h'],
    [['tunnel', 'a.test', '--upstream', 'http://127.0.0.1:1'], 'not a target; write HOST:PORT'],
    [['tunnel', 'a.test:1'], '--upstream <URL>'],
    [['start', '--engine', 'wasm'], 'write auto or native or js'],
    [['start', '--workers=0'], 'Not a number of processes; write 1 to 256, or auto'],
    [['start', '--workers', '257'], 'Not a number of processes'],
    [['start', '--workers', 'many'], 'Not a number of processes'],
    [['check', 'x', '--user', 'ann'], 'this version does not have --user yet'],
    [['start', '--headers', 'loud'], 'write off or standard or strict or paranoid'],
    [['start', '--listen', 'socks5://127.0.0.1:1080'], 'this version has no socks5 listener yet'],
    [['replay'], 'this version does not have the command replay yet'],
    [['check'], "missing required argument 'target'"],
    [['lint'], "missing required argument 'file'"],
    [['config'], "missing required argument 'view'"],
    [['config', 'show'], 'Allowed choices are print, check, defaults, schema'],
    [['check', 'a..b'], 'a..b: '],
    [['check', '--config', 'nowhere.yaml', 'x'], 'nowhere.yaml: cannot be read'],
    [['check', '--rules', 'nowhere.rules', 'x'], 'nowhere.rules: cannot be read'],
    [['check', '--listen', 'http://0.0.0.0:1', 'x'], 'give --open to serve everybody'],
  ])('%j is bad usage: %s', async (words, message) => {
    const { stdout, stderr, exitCode } = await veilgate(...words)
    expect(stderr).toContain(message)
    expect([stdout, exitCode]).toEqual(['', 2])
  })

  test.each([
    [['start', '--listen', 'http://me:hunter2@127.0.0.1:1']],
    [['start', '--lisen=http://me:hunter2@127.0.0.1:1']],
    [['start', '--upstream', 'ftp://me:hunter2@127.0.0.1:1']],
    [['start', '--upstream=http://me:hunter2@127.0.0.1:99999']],
    [['start', 'http://me:hunter2@127.0.0.1:1']],
    [['http://me:hunter2@127.0.0.1:1']],
    [['check', 'http://me:hunter2@example.com/']],
    [['check', 'me:hunter2@example.com:443']],
    [['check', '--rules', 'http://me:hunter2@example.com/list.txt', 'x']],
    [['check', '--config', 'http://me:hunter2@example.com/c.yaml', 'x']],
    [['lint', 'http://me:hunter2@example.com/list.txt']],
    [['start', '--access-log', 'http://me:hunter2@example.com/', '--rules', rules, '--listen', 'http://127.0.0.1:0']],
  ])('%j never shows the password', async (words) => {
    const { stdout, stderr, exitCode } = await veilgate(...words)
    expect(stdout + stderr).not.toContain('hunter2')
    expect(exitCode).toBeGreaterThan(1)
  })

  test.each([
    [['check', 'ads.example', '--rules', rules]],
    [['check', '--rules', rules, '--allow-private', 'ads.example']],
    [['check', '--allow-private', 'ads.example', `--rules=${rules}`]],
    [['check', '--open', '--rules', rules, '--', 'ads.example']],
  ])('%j: options and targets stand in any order', async (words) => {
    expect(await veilgate(...words)).toMatchObject({
      stdout: expect.stringMatching(/^block ads\.example /),
      exitCode: 1,
    })
  })

  test('gives 0, 1 and 2 as the contract says', async () => {
    expect(await veilgate('check', '--rules', rules, 'ok.example')).toMatchObject({ exitCode: 0 })
    expect(await veilgate('check', '--rules', rules, 'ads.example')).toMatchObject({ exitCode: 1 })
    expect(await veilgate('lint', rules)).toMatchObject({ exitCode: 0 })
    expect(await veilgate('lint', folder.write('bad.rules', 'block a..b\n'))).toMatchObject({ exitCode: 1 })
    expect(await veilgate('lint', '--strict', folder.write('dup.rules', 'block a.b\nblock a.b\n'))).toMatchObject({
      exitCode: 1,
    })
    expect(await veilgate('lint', 'nowhere.rules')).toMatchObject({ exitCode: 2 })
    expect(await veilgate('config', 'check', '--rules', rules)).toMatchObject({ exitCode: 0 })
    expect(await veilgate('config', 'schema')).toMatchObject({ exitCode: 0 })
  })
})
