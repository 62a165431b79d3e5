import { z } from 'zod'
import { showUrl } from '../upstream/chain-adapter.js'
import { isListName, MAX_LIST_BYTES, MAX_SHRINK, MIN_REFRESH_MS, parseListUrl } from './list-settings.js'
import { choice, count, duration, quote, refuse, share, text } from './schema-parts.js'

const LIST = 'write { url: https://HOST/PATH }'

const listUrl = text(LIST).transform((written, context) => {
  return (
    parseListUrl(written) ?? refuse(context, `${quote(showUrl(written))} is no URL of a list; write https://HOST/PATH`)
  )
})

const refresh = duration.refine((ms) => ms >= MIN_REFRESH_MS, {
  error: 'more often than once a minute; write 1m or more, such as 12h',
})

export const listName = z.string().refine(isListName, {
  error: ({ input }) => `${quote(input)} is no name of a list; write letters, digits, - and _, at most 64`,
})

/** One entry of `rules.lists` as a person writes it. */
export const listSettings = z.strictObject(
  {
    url: listUrl.describe('Where the list is published: https:// or http://.'),
    action: choice(['block', 'allow']).default('block').describe('For patterns of the list that state no action.'),
    scope: choice(['exact', 'suffix']).optional().describe('Like rules.scope, for this list.'),
    refresh: refresh
      .optional()
      .describe('How often it is fetched. Not set: as its `! Expires:` says, else once a day.'),
    maxBytes: count(1_024, 268_435_456)
      .default(MAX_LIST_BYTES)
      .describe('Size beyond which it is not taken, unpacked.'),
    maxShrink: share()
      .default(MAX_SHRINK)
      .describe('Share of its rules that it may lose at once; where it loses more, the copy at hand stays.'),
    sha256: text('write its 64 hexadecimal digits in quotes')
      .regex(/^[0-9a-fA-F]{64}$/, 'not a SHA-256; write its 64 hexadecimal digits in quotes')
      .transform((digits) => digits.toLowerCase())
      .optional()
      .describe('SHA-256 of the published file: nothing else is taken.'),
    ca: text('write the path of a PEM file')
      .min(1, 'an empty path; write the path of a PEM file')
      .optional()
      .describe('PEM file with authorities to trust for this list beside the usual ones; relative to this file.'),
  },
  { error: `not a list; ${LIST}` },
)
