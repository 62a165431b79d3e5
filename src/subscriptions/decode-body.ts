import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'
import { FetchError } from './fetch-error.js'

/** The content codings of RFC 9110 §8.4.1 and RFC 7932 that we ask for. */
export const ACCEPTED_CODINGS = 'gzip, deflate, br'

const DECODERS = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
} as const

/** RFC 9110 §8.4.1.2 means the zlib format; some servers send what is within. */
const DEFLATE = { zlib: promisify(inflate), raw: promisify(inflateRaw) } as const
const ZLIB_METHOD = 8

/**
 * A body without its content coding.
 *
 * @param coding value of Content-Encoding, empty for none
 * @param maxBytes of what comes out: what is small encoded may be without end
 * @throws {FetchError} an unknown coding, several of them, damage, too much
 */
export async function decodeBody(body: Buffer, coding: string, maxBytes: number): Promise<Buffer> {
  const name = coding.trim().toLowerCase()
  if (name === '' || name === 'identity') return body
  const decode = decoderOf(name, body)
  if (decode === undefined) throw new FetchError(`the content coding ${name} was not asked for`)
  try {
    return await decode(body, { maxOutputLength: maxBytes })
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    if (isTooLarge) throw new FetchError(`it is over ${maxBytes} bytes unpacked (maxBytes)`)
    throw new FetchError(`its content coding ${name} is damaged or cut off`, { cause: error })
  }
}

function decoderOf(name: string, body: Buffer) {
  if (name === 'deflate') return ((body[0] ?? 0) & 0x0f) === ZLIB_METHOD ? DEFLATE.zlib : DEFLATE.raw
  return name === 'gzip' || name === 'x-gzip' || name === 'br' ? DECODERS[name] : undefined
}
