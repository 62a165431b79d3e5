import { promisify } from 'node:util'

/** RFC 1952 §2.3.1: ID1 and ID2. */
export function isGzip(bytes: Buffer): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * A gzip file unpacked, all its members.
 *
 * @param maxBytes stops there: what is small packed may be without end unpacked
 * @throws {RangeError} it is larger unpacked
 * @throws {Error} it is damaged or cut off
 */
export async function gunzip(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  // loaded by the first list that is packed: a MiB that runs without one do not hold
  const { gunzip: inflate } = process.getBuiltinModule('node:zlib')
  try {
    return await promisify(inflate)(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new RangeError(`it is over ${maxBytes} bytes unpacked`)
    throw new Error('it is a damaged gzip file', { cause: error })
  }
}
