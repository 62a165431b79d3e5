import { readFileSync, renameSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { StartOptions } from '../../../src/cli/options.js'
import { start } from '../../../src/cli/start.js'
import { CannotRunError, InputError } from '../../../src/errors.js'
import { captureOutput } from '../../helpers/capture-output.js'
import { hasNativeEngine } from '../../helpers/engines.js'
import { createTempFolder } from '../../helpers/temp-folder.js'
import { waitFor } from '../../helpers/wait-for.js'

const folder = createTempFolder()
const listen = ['http://127.0.0.1:0']
let output: ReturnType<typeof captureOutput> | undefined

afterEach(() => output?.restore())

/** Starts in this process and waits until it accepts. */
async function startUp(options: StartOptions) {
  output = captureOutput()
  const { read } = output
  const exitCode = start({ listen, json: true, ...options })
  exitCode.catch(() => {})
  await waitFor(() => expect(read().stdout).toContain('"listening"'))
  const { listening, rules } = JSON.parse(read().stdout)
  return {
    address: String(listening[0]),
    rules,
    read,
    says: (message: string | RegExp) => waitFor(() => expect(read().stderr).toMatch(message)),
    async stop() {
      process.emit('SIGTERM', 'SIGTERM')
      return exitCode
    },
  }
}

function ruleFile(name: string, text: string) {
  return { name, path: folder.write(name, text), action: 'block' as const }
}

describe('start', () => {
  test('says on standard error where it listens, and ends with 0 and without listeners of its own', async () => {
    const before = process.eventNames()
    const { address, rules, read, stop } = await startUp({
      engine: 'js',
      ruleFiles: [ruleFile('a.rules', 'block a.test\n')],
    })
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(rules).toBe(1)
    expect(read().stderr).toBe(
      `veilgate: listening on ${address}, 1 rule, headers standard (acts on http:// traffic only), engine js\n`,
    )
    expect(await stop()).toBe(0)
    expect(process.eventNames()).toEqual(before)
  })

  test.runIf(hasNativeEngine)('runs the native engine where it was built, and says so', async () => {
    const { read, stop } = await startUp({})
    expect(read().stderr).toContain(', engine native\n')
    expect(read().stdout).toContain('"engine":"native"')
    expect(await stop()).toBe(0)
  })

  test('warns where there is no rule, so that nothing is blocked', async () => {
    const { rules, says, stop } = await startUp({ ruleFiles: [], accessLog: 'off' })
    expect(rules).toBe(0)
    await says('there is no rule: nothing is blocked')
    expect(await stop()).toBe(0)
  })

  test('answers by its rules, reloads them on SIGHUP, keeps them when the new ones are wrong', async () => {
    const file = ruleFile('live.rules', 'block a.test\n')
    const { address, says, stop } = await startUp({ ruleFiles: [file], accessLog: 'off' })
    expect(await statusFor(address, 'a.test')).toBe(403)

    folder.write('live.rules', 'block b.test\nblock c.test\n')
    process.emit('SIGHUP', 'SIGHUP')
    await says('reloaded: 2 rules')
    expect(await statusFor(address, 'b.test')).toBe(403)

    folder.write('live.rules', 'block a..b\n')
    process.emit('SIGHUP', 'SIGHUP')
    await says(/not reloaded, the old rules and configuration stay: live\.rules:1:\d+: /)
    expect(await statusFor(address, 'b.test')).toBe(403)
    await stop()
  })

  test('a SIGHUP that comes while it starts is made up for', async () => {
    output = captureOutput()
    const exitCode = start({ listen, json: true, ruleFiles: [ruleFile('early.rules', 'block a.test\n')] })
    process.emit('SIGHUP', 'SIGHUP')
    await waitFor(() => expect(output?.read().stderr).toContain('reloaded: 1 rule'))
    process.emit('SIGTERM', 'SIGTERM')
    expect(await exitCode).toBe(0)
  })

  test('a reload moves the access log and changes the level of messages', async () => {
    const config = folder.write('log.yaml', 'log: { level: error, access: { file: one.log, format: json } }\n')
    const { address, says, read, stop } = await startUp({ config, ruleFiles: [ruleFile('l.rules', 'block a.test\n')] })
    await statusFor(address, 'a.test')
    folder.write('log.yaml', 'log: { level: info, access: { file: two.log, format: json } }\n')
    process.emit('SIGHUP', 'SIGHUP')
    await says('reloaded')
    await statusFor(address, 'a.test')
    await stop()
    expect(read().stderr).toContain('SIGTERM')
    expect(logged('one.log')).toEqual(['a.test'])
    expect(logged('two.log')).toEqual(['a.test'])
  })

  test('a reload whose access log cannot be written changes nothing', async () => {
    const config = folder.write('bad-log.yaml', 'log: { access: { file: kept.log, format: json } }\n')
    const { address, says, stop } = await startUp({ config, ruleFiles: [ruleFile('k.rules', 'block a.test\n')] })
    folder.write('k.rules', 'block b.test\n')
    folder.write('bad-log.yaml', 'log: { access: { file: no/such/folder/x.log } }\n')
    process.emit('SIGHUP', 'SIGHUP')
    await says('not reloaded')
    expect(await statusFor(address, 'a.test')).toBe(403)
    await stop()
    expect(logged('kept.log')).toEqual(['a.test'])
  })

  test('opens the access log again on SIGUSR1', async () => {
    const accessLog = `${folder.path}/rotated.log`
    const options = { accessLog, logFormat: 'json', ruleFiles: [ruleFile('r.rules', 'block *.test\n')] } as const
    const { address, says, stop } = await startUp(options)
    await statusFor(address, 'a.test')
    renameSync(accessLog, `${accessLog}.1`)
    process.emit('SIGUSR1', 'SIGUSR1')
    await says('reopening log files')
    await statusFor(address, 'b.test')
    await stop()
    expect(logged('rotated.log.1')).toEqual(['a.test'])
    expect(logged('rotated.log')).toEqual(['b.test'])
  })

  test('tells which lines of a list are no rules', async () => {
    const list = ruleFile('list.txt', '||ads.test^\nexample.com##.ad\n')
    const { says, stop } = await startUp({ ruleFiles: [list] })
    await says(/list\.txt: lines skipped: 1 cosmetic/)
    await stop()
  })

  test('fails where the port is taken, and lets go of the log', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await waitFor(() => expect(server.listening).toBe(true))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    await expect(start({ listen: [`http://127.0.0.1:${port}`] })).rejects.toThrow(CannotRunError)
    server.close()
  })

  test('fails where the log cannot be written or the rules cannot be read', async () => {
    await expect(start({ listen, accessLog: `${folder.path}/no/such/x.log` })).rejects.toThrow(CannotRunError)
    const nowhere = { name: 'nowhere.rules', path: `${folder.path}/nowhere.rules`, action: 'block' as const }
    await expect(start({ listen, ruleFiles: [nowhere] })).rejects.toThrow(InputError)
  })
})

/** Status of a plain request for a host through the proxy. */
async function statusFor(address: string, host: string): Promise<number> {
  const { port } = new URL(address)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.end(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    })
    let head = ''
    socket.setEncoding('latin1')
    socket.on('data', (data) => (head += data))
    socket.on('end', () => resolve(Number(head.split(' ')[1])))
    socket.on('error', reject)
  })
}

/** Hosts in an access log of format json. */
function logged(name: string): readonly string[] {
  return readFileSync(`${folder.path}/${name}`, 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line).target.host]))
}
