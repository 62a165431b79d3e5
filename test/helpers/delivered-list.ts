import { createHash } from 'node:crypto'
import type { Fetched } from '../../src/subscriptions/fetch-list.js'

/** What `fetchList` gives for a text that is published as it is. */
export function deliveredList(text: string, over: Partial<Extract<Fetched, { kind: 'list' }>> = {}): Fetched {
  return {
    kind: 'list',
    text: Buffer.from(text),
    publishedSha256: createHash('sha256').update(text).digest('hex'),
    contentType: 'text/plain',
    validators: { etag: '', lastModified: '' },
    ...over,
  }
}

/** A list of so many hosts, `host-1.test` and on. */
export function listOfHosts(count: number): string {
  return Array.from({ length: count }, (_, i) => `host-${i + 1}.test\n`).join('')
}
