import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createProxy, type ListState } from '../../src/app.js'
import type { ListSettings } from '../../src/config/list-settings.js'
import { InputError } from '../../src/errors.js'
import { listOfHosts } from '../helpers/delivered-list.js'
import { type ListServer, startListServer } from '../helpers/list-server.js'
import { answering, ok, startRawOrigin, unusedPort } from '../helpers/raw-origin.js'
import { createTempFolder } from '../helpers/temp-folder.js'
import { openOptions, startTestProxy, type TestProxyOptions } from '../helpers/test-proxy.js'
import { makeCertificate } from '../helpers/tls-certificate.js'
import { waitFor } from '../helpers/wait-for.js'

const folder = createTempFolder()
const certificate = makeCertificate()
let caches = 0
const newCache = () => join(folder.path, `cache-${caches++}`)

type Subscribed = TestProxyOptions & { readonly list: Partial<ListSettings> & { readonly url: string } }

function optionsOf({ list, ...options }: Subscribed) {
  return openOptions({ cache: newCache(), ...options, rules: { lists: { ads: list }, ...options.rules } })
}

/** A proxy with one subscription, `ads`, once its first fetch has ended. */
async function subscribed(subscription: Subscribed) {
  const test = await startTestProxy(optionsOf(subscription))
  const state = (): ListState => {
    const [first] = test.proxy.lists
    if (first === undefined) throw new Error('no list')
    return first
  }
  await waitFor(() => expect(state().isUpdating === false && (state().failures > 0 || state().age !== null)).toBe(true))
  return {
    ...test,
    state,
    ruleFor: (host: string) => test.proxy.decide({ target: host }).rule,
    update: async (acceptShrink = false) => (await test.proxy.updateLists({ acceptShrink }))[0],
  }
}

async function published(body: string | Buffer, fields: Readonly<Record<string, string>> = {}): Promise<ListServer> {
  const server = await startListServer()
  server.publish('/list', { body, fields })
  return server
}

test('a list comes in after the start and blocks requests under its name and line', async () => {
  const server = await published('! Title: ads\n||ads.test^\n')
  const { connect, ruleFor, state, record, messages } = await subscribed({ list: { url: `${server.url}/list` } })
  expect(ruleFor('x.ads.test')).toMatchObject({ list: 'ads', line: 2, text: '||ads.test^' })
  const client = await connect()
  await client.write('GET http://x.ads.test/ HTTP/1.1\r\nHost: x\r\n\r\n')
  const refusal = await client.readResponse()
  expect(refusal.fields['proxy-status']).toBe('veilgate; error=http_request_denied; details="ads:2"')
  expect((await record(0)).decision.rule).toEqual({ list: 'ads', line: 2, text: '||ads.test^' })
  expect(state()).toMatchObject({ status: 'current', entries: 1, lastError: null })
  expect(messages).toEqual([
    'list ads has no copy yet: its rules come in when it is fetched',
    'list ads: 1 rule in force',
  ])
})

test('an allow list lifts blocks, and what it blocks is skipped', async () => {
  const server = await published('ok.test\nblock other.test\n')
  const list = { url: `${server.url}/list`, action: 'allow' } as const
  const { proxy, state } = await subscribed({ list, lines: ['block *.test', 'block ok.test'] })
  expect(proxy.decide({ target: 'ok.test' })).toMatchObject({ action: 'allow', rule: { list: 'ads' } })
  expect(state().skipped).toEqual({ 'blocks, in an allow file': 1 })
})

describe('at the next start', () => {
  test('the copy is in force before the first request, without a question to the server', async () => {
    const server = await published('ads.test\n')
    const cache = newCache()
    const list = { url: `${server.url}/list` }
    await subscribed({ list, cache })
    await server.stop()
    const { proxy, messages } = await startTestProxy(optionsOf({ list, cache }))
    expect(proxy.decide({ target: 'ads.test' }).action).toBe('block')
    expect(proxy.lists[0]).toMatchObject({ status: 'current', entries: 1 })
    expect(messages).toEqual([])
    expect(server.requests).toHaveLength(1)
  })

  test('a server that is down is no reason not to start: with the copy, and without one', async () => {
    const url = `http://127.0.0.1:${await unusedPort()}/list`
    const { proxy, state, messages, connect } = await subscribed({ list: { url } })
    expect(state()).toMatchObject({ status: 'pending', entries: 0, failures: 1 })
    expect(state().lastError).toContain('the origin refused the connection')
    expect(messages.at(-1)).toMatch(/^list ads is not updated, none of its rules are in force: .*; next try in 3\d s$/)
    const origin = await startRawOrigin(answering(ok('x')))
    const client = await connect()
    await client.write(`GET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client.readResponse()).status).toBe(200)
    expect(proxy.rules.size).toBe(0)
  })

  test('a cache directory that is open to others is not used', async () => {
    const cache = newCache()
    mkdirSync(cache)
    chmodSync(cache, 0o755)
    const server = await published('ads.test\n')
    const { messages, ruleFor } = await subscribed({ list: { url: `${server.url}/list` }, cache })
    expect(messages.filter((message) => message.includes('is open to others'))).toHaveLength(1)
    expect(ruleFor('ads.test')?.list).toBe('ads')
    expect(existsSync(join(cache, 'lists'))).toBe(false)
  })
})

describe('a later fetch', () => {
  test('asks only for something newer, and changes nothing where there is nothing', async () => {
    const server = await published('ads.test\n', { etag: '"1"' })
    const { proxy, update, state } = await subscribed({ list: { url: `${server.url}/list` } })
    const { rules } = proxy
    expect(await update()).toMatchObject({ outcome: 'unchanged', entries: 1 })
    expect(server.requests[1]?.fields['if-none-match']).toBe('"1"')
    expect(proxy.rules).toBe(rules)
    server.publish('/list', { body: 'new.test\n', fields: { etag: '"2"' } })
    expect(await update()).toMatchObject({ outcome: 'updated' })
    expect(proxy.decide({ target: 'new.test' }).action).toBe('block')
    expect(state().status).toBe('current')
  })

  const page = '<!DOCTYPE html><p>Please sign in</p>'
  test.each([
    ['an HTML page by its type', { body: page, fields: { 'content-type': 'text/html' } }, 'HTML page'],
    ['an HTML page by its content', { body: page }, 'HTML page'],
    ['an error', { status: 503, body: 'later' }, 'the server answered 503'],
    ['a list without a rule', { body: '# nothing left\n' }, 'there is no rule in it'],
    ['a list that shrank', { body: listOfHosts(4) }, 'it shrank from 10 rules to 4'],
    ['a list over maxBytes', { body: `${listOfHosts(1)}${'# x\n'.repeat(1_000)}` }, 'it is over 2000 bytes'],
    ['a packed list over maxBytes', { body: gzipSync('# x\n'.repeat(10_000)) }, 'it is over 2000 bytes unpacked'],
    ['a list cut off in its packing', { body: gzipSync(listOfHosts(10)).subarray(0, 30) }, 'damaged'],
    [
      'a redirect to an address that the guard refuses',
      { status: 302, fields: { location: 'http://10.0.0.1/' } },
      'guard',
    ],
    ['an endless redirect', { status: 302, fields: { location: '/list' } }, 'more than 5 redirects'],
  ])('that brings %s leaves the copy in force, and says why', async (_what, answer, message) => {
    const server = await published(listOfHosts(10))
    const cache = newCache()
    const list = { url: `${server.url}/list`, maxBytes: 2_000 }
    const { update, state, ruleFor, messages } = await subscribed({ list, cache })
    server.publish('/list', answer)
    expect(await update()).toMatchObject({ outcome: 'failed', entries: 10 })
    expect(state()).toMatchObject({ status: 'failing', entries: 10, failures: 1 })
    expect(state().lastError).toContain(message)
    expect(messages.at(-1)).toContain('the copy at hand stays in force')
    expect(ruleFor('host-10.test')?.list).toBe('ads')

    server.publish('/list', { body: listOfHosts(9) })
    expect(await update()).toMatchObject({ outcome: 'updated', entries: 9 })
    expect(state()).toMatchObject({ status: 'current', lastError: null })
  })

  test('of a list that shrank on purpose is taken when told to', async () => {
    const server = await published(listOfHosts(10))
    const { update } = await subscribed({ list: { url: `${server.url}/list` } })
    server.publish('/list', { body: listOfHosts(1) })
    expect((await update())?.outcome).toBe('failed')
    expect(await update(true)).toMatchObject({ outcome: 'updated', entries: 1 })
  })

  test('from a server that stops in the middle ends, and the copy stays', async () => {
    const server = await published(listOfHosts(10))
    const limits = { idleTimeoutMs: 500, responseTimeoutMs: 500 }
    const { update, state } = await subscribed({ list: { url: `${server.url}/list` }, limits })
    server.publish('/list', (_request, response) => void response.write('half.test\n'))
    await update()
    expect(state()).toMatchObject({ status: 'failing', entries: 10 })
    expect(state().lastError).toBe('the server stopped in the middle of the list (waited 0.5 s)')
    server.publish('/list', () => {})
    await update()
    expect(state().lastError).toBe('the server does not answer (waited 0.5 s)')
  })
})

describe('the way out', () => {
  test('is the clients’: guard, ports and own listeners hold', async () => {
    const server = await published('ads.test\n')
    const egress = { guard: { allow: [] } }
    const guarded = await subscribed({ list: { url: `${server.url}/list` }, egress })
    expect(guarded.state().lastError).toContain('(egress.guard.allow opens it)')
    const closed = await subscribed({ list: { url: `${server.url}/list` }, egress: { httpPorts: [[80, 80]] } })
    expect(closed.state().lastError).toContain(`port ${server.port} is not open for targets`)
    const port = await unusedPort()
    const url = `http://127.0.0.1:${port}/list`
    const own = await subscribed({ list: { url }, listen: [`http://127.0.0.1:${port}`] })
    expect(own.state().lastError).toContain('the target is this proxy itself')
    expect(server.requests).toEqual([])
  })

  test('is not closed by a rule: a list that blocks its own server can still be mended', async () => {
    const server = await published('127.0.0.0/8\nads.test\n')
    const { update, ruleFor } = await subscribed({ list: { url: `${server.url}/list` } })
    expect(ruleFor('127.0.0.1')?.list).toBe('ads')
    server.publish('/list', { body: 'ads.test\n' })
    expect(await update()).toMatchObject({ outcome: 'updated' })
    expect(ruleFor('127.0.0.1')).toBeNull()
  })

  test('over TLS checks the certificate', async () => {
    const server = await startListServer(certificate)
    server.publish('/list', { body: 'ads.test\n' })
    const trusted = await subscribed({ list: { url: `${server.url}/list`, ca: certificate.file } })
    expect(trusted.state().status).toBe('current')
    const untrusted = await subscribed({ list: { url: `${server.url}/list` } })
    expect(untrusted.state()).toMatchObject({ status: 'pending' })
    expect(untrusted.state().lastError).toContain('nobody trusted vouches for the certificate')
  })

  test('leads through redirects and takes packing off', async () => {
    const server = await published(gzipSync(gzipSync('ads.test\n')), { 'content-encoding': 'gzip' })
    server.publish('/old', { status: 301, fields: { location: '/list' } })
    const { state } = await subscribed({ list: { url: `${server.url}/old` } })
    expect(state()).toMatchObject({ status: 'current', entries: 1 })
  })
})

test('a list with a digest is taken as that file and no other', async () => {
  const server = await published('ads.test\n')
  const sha256 = createHash('sha256').update('ads.test\n').digest('hex')
  const cache = newCache()
  const { update, state, ruleFor, proxy } = await subscribed({ list: { url: `${server.url}/list`, sha256 }, cache })
  expect(state().status).toBe('current')
  server.publish('/list', { body: 'ads.test\nmore.test\n' })
  expect((await update())?.error).toContain('not the one that is configured')
  expect(ruleFor('ads.test')?.list).toBe('ads')

  // another digest: the copy is not what may be in force, and what is published is
  const next = createHash('sha256').update('ads.test\nmore.test\n').digest('hex')
  await proxy.reload(optionsOf({ list: { url: `${server.url}/list`, sha256: next }, cache }))
  await waitFor(() => expect(state()).toMatchObject({ status: 'current', entries: 2 }))
})

test('under load every request is decided while a list is swapped, and none fails', async () => {
  const server = await published('block a.test # 0\n')
  const origin = await startRawOrigin(answering(ok('x')))
  const { connect, update, records } = await subscribed({ list: { url: `${server.url}/list` } })
  let isLoading = true
  const seen = new Set<string>()
  const load = Array.from({ length: 8 }, async () => {
    const client = await connect()
    while (isLoading) {
      await client.write(`GET http://a.test/ HTTP/1.1\r\nHost: x\r\n\r\nGET ${origin.url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
      const refused = await client.readResponse()
      expect(refused.status).toBe(403)
      seen.add(refused.fields['proxy-status'] ?? '')
      expect((await client.readResponse()).status).toBe(200)
    }
  })
  for (let i = 1; i <= 30; i++) {
    server.publish('/list', { body: `${'# moved\n'.repeat(i % 2)}block a.test # ${i}\n${listOfHosts(2_000)}` })
    expect((await update())?.outcome).toBe('updated')
  }
  isLoading = false
  await Promise.all(load)
  expect([...seen].sort()).toEqual([1, 2].map((line) => `veilgate; error=http_request_denied; details="ads:${line}"`))
  expect(records.every(({ error }) => error === null || error === 'VG_REQUEST_BLOCKED')).toBe(true)
})

test('a reload with other lists swaps them together with everything else', async () => {
  const server = await published('ads.test\n')
  server.publish('/more', { body: 'more.test\n' })
  const cache = newCache()
  const { proxy } = await subscribed({ list: { url: `${server.url}/list` }, cache })
  const lists = { more: { url: `${server.url}/more` } }
  await proxy.reload(openOptions({ cache, lines: ['block file.test'], rules: { lists } }))
  expect(proxy.decide({ target: 'ads.test' }).action).toBe('allow')
  expect(proxy.decide({ target: 'file.test' }).action).toBe('block')
  await waitFor(() => expect(proxy.decide({ target: 'more.test' }).action).toBe('block'))
  expect(proxy.lists.map(({ name }) => name)).toEqual(['more'])

  await expect(proxy.reload(openOptions({ cache, rules: { lists: { ads: { url: 'x' } } } }))).rejects.toThrow(
    InputError,
  )
  expect(proxy.decide({ target: 'more.test' }).action).toBe('block')
})

test('a proxy that closes stops what is being fetched', async () => {
  const server = await startListServer()
  let isAsked = false
  server.publish('/list', () => {
    isAsked = true
  })
  const messages: string[] = []
  const say = (message: string) => messages.push(message)
  const logger = { error: say, warn: say, info: say, debug: say }
  const proxy = createProxy({ logger, ...optionsOf({ list: { url: `${server.url}/list` } }) })
  await proxy.listen()
  await waitFor(() => expect(isAsked).toBe(true))
  await proxy.close({ drainMs: 0 })
  expect(messages).toHaveLength(1)
})

test('a subscription that is none is an error before anything listens', async () => {
  const proxy = createProxy(optionsOf({ list: { url: 'lists.test' } }))
  await expect(proxy.listen()).rejects.toThrow('rules.lists.ads: its url is none; write https://HOST/PATH')
  expect(proxy.address).toBe('')
})

test('a name that is none of a list is an error', async () => {
  const server = await published('ads.test\n')
  const { proxy } = await subscribed({ list: { url: `${server.url}/list` } })
  await expect(proxy.updateLists({ names: ['nope'] })).rejects.toThrow('there is no list nope; name one of ads')
})
