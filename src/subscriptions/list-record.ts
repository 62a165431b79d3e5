/** What is known of a copy of a list. Times are Unix times in milliseconds. */
export type ListCopyRecord = {
  /** Of the text, in hexadecimal. */
  readonly sha256: string
  /** Of the file as it was published, packed or not. */
  readonly publishedSha256: string
  /** Length of the text. */
  readonly bytes: number
  /** As the server sent them; empty for none. */
  readonly etag: string
  readonly lastModified: string
  /** When the text came. */
  readonly fetchedAt: number
  /** When it was last known to be what is published. */
  readonly checkedAt: number
  /** What the list says of itself; null where it says nothing. */
  readonly expiresMs: number | null
}

export type ListRecord = {
  /** Undefined where there is no copy. */
  readonly copy?: ListCopyRecord | undefined
  /** Why the last fetch failed; undefined after one that did not. */
  readonly lastError?: { readonly at: number; readonly message: string } | undefined
}

export const NO_RECORD: ListRecord = { copy: undefined, lastError: undefined }

/** Whether a value read from a file is a record of this version. */
export function isListRecord(value: unknown): value is ListRecord {
  if (!isObject(value)) return false
  const { copy, lastError } = value
  return (copy === undefined || isCopyRecord(copy)) && (lastError === undefined || isLastError(lastError))
}

function isCopyRecord(value: unknown): value is ListCopyRecord {
  if (!isObject(value)) return false
  const { sha256, publishedSha256, bytes, etag, lastModified, fetchedAt, checkedAt, expiresMs } = value
  return (
    isDigest(sha256) &&
    isDigest(publishedSha256) &&
    [bytes, fetchedAt, checkedAt].every(Number.isSafeInteger) &&
    (expiresMs === null || Number.isSafeInteger(expiresMs)) &&
    typeof etag === 'string' &&
    typeof lastModified === 'string'
  )
}

function isLastError(value: unknown): boolean {
  return isObject(value) && Number.isSafeInteger(value.at) && typeof value.message === 'string'
}

/** It becomes a part of a file name. */
function isDigest(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
