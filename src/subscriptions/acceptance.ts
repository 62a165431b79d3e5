/** What came for a list, before anything is read from it. */
export type Delivered = {
  /** Empty where the server says none. */
  readonly contentType: string
  readonly text: Uint8Array
  /** SHA-256 of the published file, in hexadecimal. */
  readonly publishedSha256: string
}

/** What it holds, next to what is in force. */
export type Counted = {
  readonly rules: number
  /** Undefined where nothing is. */
  readonly rulesBefore: number | undefined
}

/** Longer than any white space and byte order mark that a page starts with. */
const HEAD_BYTES = 1_024

/**
 * Why what came is not the list: a page instead (a login, an error that answers 200), or
 * another file than the one that was named by its digest. Undefined where nothing speaks
 * against it.
 */
export function refuseDelivery(
  { contentType, text, publishedSha256 }: Delivered,
  wantedSha256: string | undefined,
): string | undefined {
  if (wantedSha256 !== undefined && publishedSha256 !== wantedSha256)
    return `the SHA-256 of what is published is ${publishedSha256}, not the one that is configured`
  const [mediaType = ''] = contentType.split(';', 1)
  if (mediaType.trim().toLowerCase() === 'text/html' || isPage(text)) return 'the answer is an HTML page, not a list'
  return undefined
}

/**
 * Why a list that could be read must not replace the copy at hand. A shrink is
 * only asked for, and `acceptShrink` grants it; a list without a rule is never taken.
 */
export function refuseCount(
  { rules, rulesBefore }: Counted,
  { maxShrink, acceptShrink }: { readonly maxShrink: number; readonly acceptShrink: boolean },
): string | undefined {
  if (rules === 0) return 'there is no rule in it'
  if (rulesBefore === undefined || acceptShrink || rules >= rulesBefore * (1 - maxShrink)) return undefined
  return `it shrank from ${rulesBefore} rules to ${rules}, more than maxShrink ${maxShrink} lets pass (lists update --accept-shrink takes it)`
}

function isPage(text: Uint8Array): boolean {
  const head = new TextDecoder().decode(text.subarray(0, HEAD_BYTES))
  return /^\s*<(?:!doctype|html|head)\b/i.test(head)
}
