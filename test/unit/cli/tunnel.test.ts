import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { tunnel } from '../../../src/cli/tunnel.js'
import { CannotRunError, InputError } from '../../../src/errors.js'
import { captureOutput } from '../../helpers/capture-output.js'
import { startRawOrigin } from '../../helpers/raw-origin.js'
import { connectRaw, eventually } from '../../helpers/raw-peer.js'
import { startRecordingParent } from '../../helpers/recording-parent.js'

describe('tunnel', () => {
  test('leads from a local port to the target through the upstream, until a signal', async () => {
    const origin = await startRawOrigin(async (peer) => {
      await peer.write(`hello ${await peer.readBytes(4)}`)
    })
    const parent = await startRecordingParent({ credentials: 'me:hunter2' })
    const upstream = `http://me:hunter2@127.0.0.1:${parent.port}`
    const output = captureOutput()
    onTestFinished(output.restore)
    const ended = tunnel(origin.authority, { upstream, listen: '127.0.0.1:0', json: true })
    await eventually(() => output.read().stdout.endsWith('\n'))
    const { listening } = JSON.parse(output.read().stdout) as { readonly listening: string }
    const port = Number(new URL(`http://${listening}`).port)
    const client = await connectRaw(port)
    await client.write('ping')
    const written = await client.readBytes(10)
    process.emit('SIGTERM', 'SIGTERM')
    const result = await ended
    await client.closed()
    await expect(new Promise((_, reject) => connect({ port, host: '127.0.0.1' }).on('error', reject))).rejects.toThrow(
      'ECONNREFUSED',
    )
    const { stdout, stderr } = output.read()
    expect([written, result]).toEqual(['hello ping', 0])
    expect(parent.asked).toMatchObject([{ protocol: 'http', port: origin.port, credentials: 'me:hunter2' }])
    expect(JSON.parse(stdout)).toEqual({ listening: expect.stringMatching(/^127\.0\.0\.1:\d+$/) })
    expect(stderr).toContain(`leads to ${origin.authority} through http://me:<redacted>@127.0.0.1:${parent.port}`)
    expect(stdout + stderr).not.toContain('hunter2')
  })

  test.each([
    ['a.test', {}, 'not a target; write HOST:PORT'],
    ['a.test:0', {}, 'not a target'],
    ['a.test:1', { upstream: 'ftp://a.test' }, 'upstreams do not speak ftp'],
    ['a.test:1', { upstream: 'socks5h://127.0.0.1' }, 'a tunnel does not speak socks5h'],
    ['a.test:1', { listen: '8080' }, 'is no address with a port'],
    ['a.test:1', { listen: 'localhost:1' }, 'is no address with a port'],
    ['a.test:1', { listen: '0.0.0.0:0' }, 'other machines would reach'],
    ['a.test:1', { listen: '192.0.2.1:0' }, 'other machines would reach'],
  ])('%s with %j: %s', async (target, options, why) => {
    const call = tunnel(target, { upstream: 'http://127.0.0.1:1', listen: '127.0.0.1:0', ...options })
    await expect(call).rejects.toThrow(why)
    await expect(call).rejects.toThrow(InputError)
  })

  test('says when the port is taken', async () => {
    const { port } = await startRawOrigin()
    const call = tunnel('a.test:1', { upstream: 'http://127.0.0.1:1', listen: `127.0.0.1:${port}` })
    await expect(call).rejects.toThrow(CannotRunError)
    await expect(call).rejects.toThrow('the port is taken')
  })
})
