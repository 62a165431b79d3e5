import { z } from 'zod'
import { TOKEN_LOWER, VALUE_CHAR } from '../http/syntax.js'
import { parseHostPatterns } from '../rules/host-patterns.js'
import { choice, list, quote, refuse, section, text } from './schema-parts.js'

const FIELD_NAME = 'write the name of a header field, such as X-Client-Id'
const HOST_PATTERN = 'write a host as in rules, such as .example.com'
const HOST_HEADERS = 'write { match: [.example.com], profile: strict }'

const writtenName = text(FIELD_NAME).refine(isToken, {
  error: ({ input }) => `${quote(input)} is no field name; ${FIELD_NAME}`,
})

const fieldName = writtenName.transform((name) => name.toLowerCase())

/** Framing and hop-by-hop fields belong to one connection: the proxy writes them itself (RFC 9110 §7.6.1). */
const OWN_FIELDS: ReadonlySet<string> = new Set(
  'connection content-length host http2-settings keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
)

const changeableField = fieldName.refine((name) => !OWN_FIELDS.has(name), {
  error: ({ input }) => `the proxy writes ${input} itself; take it out`,
})

/** Sent as it is written: the case of names tells programs apart. */
const settableField = writtenName.refine((name) => !OWN_FIELDS.has(name.toLowerCase()), {
  error: ({ input }) => `the proxy writes ${String(input).toLowerCase()} itself; take it out`,
})

const fieldValue = text('write the value as text').refine(isFieldValue, {
  error: 'a field value cannot hold control characters, line ends or space at its ends; write plain text',
})

const hostPattern = text(HOST_PATTERN).transform((written, context) => {
  const parsed = parseHostPatterns(written)
  return 'kind' in parsed ? refuse(context, `${parsed.message}; ${parsed.fix}`) : written
})

const HEADER_PROFILES = ['off', 'standard', 'strict', 'paranoid'] as const

const keptFields = () =>
  list(fieldName, 'a list of field names', 'write [X-Client-Id]').describe(
    'Fields the profile would remove and that stay.',
  )
const removedFields = () =>
  list(changeableField, 'a list of field names', 'write [X-Client-Id]').describe('Fields removed as well.')
const setFields = () =>
  z
    .record(settableField, fieldValue, {
      error: 'not a map of field names to values; write { X-Client-Id: value }',
    })
    .describe('Fields set on every request: { Name: value }.')

const hostHeaders = z.strictObject(
  {
    match: list(hostPattern, 'a list of hosts', 'write [.example.com]')
      .min(1, 'names no host; write at least one, such as .example.com')
      .describe('Hosts, as in rules: example.com, .example.com, *.example.com, example.com:8080, 192.0.2.0/24.'),
    profile: choice(HEADER_PROFILES).optional().describe('Like headers.profile, for these hosts.'),
    keep: keptFields().optional(),
    remove: removedFields().optional(),
    set: setFields().optional(),
  },
  { error: `not an entry; ${HOST_HEADERS}` },
)

/** `headers` of the configuration. */
export const headersSection = section({
  profile: choice(HEADER_PROFILES).describe(
    'Which identifying fields http:// requests lose: off, standard, strict or paranoid.',
  ),
  keep: keptFields(),
  remove: removedFields(),
  set: setFields(),
  perHost: list(hostHeaders, 'a list of entries', HOST_HEADERS).describe(
    'What differs for some hosts, first match first: [{ match: [.example.com], profile: strict, keep: [], remove: [], set: {} }].',
  ),
})

function isToken(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (!TOKEN_LOWER[name.charCodeAt(i)]) return false
  return name.length > 0
}

function isFieldValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (!VALUE_CHAR[value.charCodeAt(i)]) return false
  return value.trim() === value
}
