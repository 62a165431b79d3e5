import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { fetchList } from '../../../src/subscriptions/fetch-list.js'
import { openEgress } from '../../helpers/list-egress.js'
import { type ListServer, startListServer } from '../../helpers/list-server.js'
import { createTempFolder } from '../../helpers/temp-folder.js'
import { makeCertificate } from '../../helpers/tls-certificate.js'

const folder = createTempFolder()
const certificate = makeCertificate()
const other = makeCertificate()
const LIST = '||ads.test^\n'
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')
const signal = new AbortController().signal

function fetchFrom(
  url: string,
  over: { maxBytes?: number; ca?: string; sha256?: string; etag?: string; lastModified?: string } = {},
) {
  const { maxBytes = 1_000, ca, sha256: wanted, etag, lastModified } = over
  const validators =
    etag === undefined && lastModified === undefined ? undefined : { etag: '', lastModified: '', ...over }
  return fetchList({ url, maxBytes, ca, sha256: wanted }, openEgress(), { validators, signal })
}

async function published(body: string | Buffer, fields: Record<string, string> = {}): Promise<ListServer> {
  const server = await startListServer()
  server.publish('/list', { body, fields })
  return server
}

describe('a list', () => {
  test('comes with what it was sent with', async () => {
    const fields = { etag: '"1"', 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT', 'content-type': 'text/plain' }
    const { url, requests } = await published(LIST, fields)
    const fetched = await fetchFrom(`${url}/list`)
    expect(fetched).toEqual({
      kind: 'list',
      text: Buffer.from(LIST),
      publishedSha256: sha256(LIST),
      contentType: 'text/plain',
      validators: { etag: '"1"', lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' },
    })
    expect(Object.keys(requests[0]?.fields ?? {})).toEqual([
      'host',
      'user-agent',
      'accept',
      'accept-encoding',
      'connection',
    ])
    expect(requests[0]?.fields['user-agent']).toBe('veilgate')
  })

  test('is unpacked: from its content coding, as a .gz file, and as both; the digest is that of the file', async () => {
    const packed = gzipSync(LIST)
    const coded = await published(packed, { 'content-encoding': 'gzip' })
    expect(await fetchFrom(`${coded.url}/list`)).toMatchObject({
      text: Buffer.from(LIST),
      publishedSha256: sha256(LIST),
    })
    const file = await published(packed)
    expect(await fetchFrom(`${file.url}/list`)).toMatchObject({
      text: Buffer.from(LIST),
      publishedSha256: sha256(packed),
    })
    const both = await published(gzipSync(packed), { 'content-encoding': 'gzip' })
    expect(await fetchFrom(`${both.url}/list`)).toMatchObject({
      text: Buffer.from(LIST),
      publishedSha256: sha256(packed),
    })
  })

  test('that is sent as a coding of what is in its .gz file is known by either digest', async () => {
    const packed = gzipSync(LIST)
    const { url } = await published(packed, { 'content-encoding': 'x-gzip' })
    const digestFor = async (wanted: string) => {
      const fetched = await fetchFrom(`${url}/list`, { sha256: wanted })
      return fetched.kind === 'list' && fetched.publishedSha256
    }
    expect(await digestFor(sha256(packed))).toBe(sha256(packed))
    expect(await digestFor(sha256(LIST))).toBe(sha256(LIST))
    expect(await digestFor('0'.repeat(64))).toBe(sha256(LIST))
  })

  test('that would be too large unpacked is refused', async () => {
    const packed = gzipSync(LIST.repeat(1_000))
    const coded = await published(packed, { 'content-encoding': 'gzip' })
    await expect(fetchFrom(`${coded.url}/list`)).rejects.toThrow('it is over 1000 bytes unpacked')
    const file = await published(packed)
    await expect(fetchFrom(`${file.url}/list`)).rejects.toThrow('it is over 1000 bytes unpacked')
  })

  test('is asked for only if it is newer than the copy', async () => {
    const { url, requests } = await published(LIST, { etag: '"1"' })
    expect(await fetchFrom(`${url}/list`, { etag: '"1"', lastModified: 'then' })).toEqual({ kind: 'unchanged' })
    expect(requests[0]?.fields).toMatchObject({ 'if-none-match': '"1"', 'if-modified-since': 'then' })
    expect(await fetchFrom(`${url}/list`, { etag: '"0"' })).toMatchObject({ kind: 'list' })
    expect(requests[1]?.fields['if-modified-since']).toBeUndefined()
  })

  test.each([304, 204, 206, 403, 500])('a %i to a plain question is no list', async (status) => {
    const server = await startListServer()
    server.publish('/list', { status })
    await expect(fetchFrom(`${server.url}/list`)).rejects.toThrow(`the server answered ${status}`)
  })
})

describe('redirects', () => {
  test.each([301, 302, 303, 307, 308])('of status %i are followed, relative ones too', async (status) => {
    const { url, publish, requests } = await published(LIST)
    publish('/old', { status, fields: { location: 'list' } })
    expect(await fetchFrom(`${url}/old`)).toMatchObject({ text: Buffer.from(LIST) })
    expect(requests.map(({ path }) => path)).toEqual(['/old', '/list'])
  })

  test('five are, six are not', async () => {
    const { url, publish, requests } = await published(LIST)
    for (let i = 1; i <= 6; i++)
      publish(`/${i}`, { status: 302, fields: { location: i === 1 ? '/list' : `/${i - 1}` } })
    expect(await fetchFrom(`${url}/5`)).toMatchObject({ kind: 'list' })
    await expect(fetchFrom(`${url}/6`)).rejects.toThrow('more than 5 redirects')
    expect(requests).toHaveLength(6 + 6)
  })

  test.each([
    ['ftp://lists.test/', 'a redirect to ftp:'],
    ['http://', 'a redirect to nowhere'],
    [undefined, 'a redirect to nowhere'],
    ['http://192.0.2.7/', 'the egress guard refuses'],
  ])('to %s are refused', async (location, message) => {
    const { url, publish } = await published(LIST)
    publish('/old', { status: 302, fields: location === undefined ? {} : { location } })
    await expect(fetchFrom(`${url}/old`)).rejects.toThrow(message)
  })

  test('from https to http are refused', async () => {
    const { url: plain } = await published(LIST)
    const secure = await startListServer(certificate)
    secure.publish('/old', { status: 301, fields: { location: `${plain}/list` } })
    await expect(fetchFrom(`${secure.url}/old`, { ca: certificate.file })).rejects.toThrow('from https to http')
  })
})

describe('credentials', () => {
  test('of the URL are sent to its server, and to no other', async () => {
    const elsewhere = await published(LIST)
    const { url, publish, requests } = await published(LIST)
    publish('/own', { status: 302, fields: { location: '/list' } })
    publish('/away', { status: 302, fields: { location: `${elsewhere.url}/list` } })
    const withUser = url.replace('//', '//us%40er:p%3Aw%@')
    await fetchFrom(`${withUser}/own`)
    await fetchFrom(`${withUser}/away`)
    const expected = `Basic ${Buffer.from('us@er:p%3Aw%').toString('base64')}`
    expect(requests.map(({ fields }) => fields.authorization)).toEqual([expected, expected, expected])
    expect(elsewhere.requests[0]?.fields.authorization).toBeUndefined()
  })
})

describe('over TLS', () => {
  test('a list comes from a server that an authority of the file vouches for', async () => {
    const server = await startListServer(certificate)
    server.publish('/list', { body: LIST })
    expect(await fetchFrom(`${server.url}/list`, { ca: certificate.file })).toMatchObject({ kind: 'list' })
  })

  test.each([
    ['nobody', undefined, 'nobody trusted vouches for the certificate'],
    ['another', other.file, 'nobody trusted vouches for the certificate'],
    ['a file that is not there', '/no/such.pem', 'ca: /no/such.pem cannot be read'],
    ['a file that is none', folder.write('x.pem', 'no certificate'), 'nobody trusted vouches for the certificate'],
  ])('vouched for by %s it does not', async (_who, ca, message) => {
    const server = await startListServer(certificate)
    server.publish('/list', { body: LIST })
    await expect(fetchFrom(`${server.url}/list`, ca === undefined ? {} : { ca })).rejects.toThrow(message)
    expect(server.requests).toEqual([])
  })
})

test('whoever stops it reads his own reason', async () => {
  const stop = new AbortController()
  const server = await startListServer()
  server.publish('/list', () => stop.abort(new Error('enough')))
  await expect(
    fetchList({ url: `${server.url}/list`, maxBytes: 1_000, ca: undefined, sha256: undefined }, openEgress(), {
      validators: undefined,
      signal: stop.signal,
    }),
  ).rejects.toThrow('enough')
})
