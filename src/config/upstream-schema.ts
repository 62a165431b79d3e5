import { z } from 'zod'
import { parseAuthority } from '../http/authority.js'
import { parseHop } from '../policy/hop.js'
import {
  COMMAND_LINE_UPSTREAM,
  GROUP_STRATEGIES,
  ISOLATIONS,
  isUpstreamName,
  MIN_CHECK_MS,
  STICKY_KEYS,
  STICKY_LIFETIME_MS,
  type UpstreamSettings,
} from '../policy/upstream-settings.js'
import { showUrl } from '../upstream/chain-adapter.js'
import { choice, duration, flag, list, quote, refuse, text } from './schema-parts.js'

const UPSTREAM = 'write { url: "socks5h://127.0.0.1:9050" }, { chain: [URL, URL] } or { group: first, members: [NAME] }'

const hopUrl = text('write a URL such as socks5h://127.0.0.1:9050').transform((url, context) => {
  const hop = parseHop(url)
  return 'message' in hop ? refuse(context, `${quote(showUrl(url))}: ${hop.message}; ${hop.fix}`) : url.trim()
})

const checkTarget = text('write HOST:PORT').refine((target) => parseAuthority(target, 0) !== undefined, {
  error: ({ input }) => `${quote(input)} is no target; write HOST:PORT`,
})

const check = z.strictObject({
  every: duration.refine((ms) => ms >= MIN_CHECK_MS, { error: 'more often than once a second; write 1s or more' }),
  target: checkTarget.optional(),
})

const ONE_OF = ['url', 'chain', 'group'] as const

export const upstreamName = z.string().refine((name) => isUpstreamName(name) && name !== COMMAND_LINE_UPSTREAM, {
  error: ({ input }) =>
    input === COMMAND_LINE_UPSTREAM
      ? `${COMMAND_LINE_UPSTREAM} is what --upstream is called; choose another name`
      : `${quote(input)} is no name of an upstream; write letters, digits, - and _, at most 64`,
})

/** One entry of `upstreams` as a person writes it; parsed, it is a proxy (one hop or several) or a group. */
export const upstreamSettings = z
  .strictObject(
    {
      url: hopUrl.optional().describe('The proxy: SCHEME://[USER:PASSWORD@]HOST[:PORT].'),
      chain: list(hopUrl, 'a list of URLs', 'write [URL, URL]').optional().describe('Several, nearest to us first.'),
      tor: flag().optional().describe('It leads into Tor: .onion names may be sent there.'),
      ca: text('write the path of a PEM file')
        .min(1, 'an empty path; write the path of a PEM file')
        .optional()
        .describe(
          'PEM file with authorities to trust for its https hops beside the usual ones; relative to this file.',
        ),
      check: check.optional().describe('Ask it regularly whether it works: { every: 30s, target: HOST:PORT }.'),
      isolate: choice(ISOLATIONS)
        .optional()
        .describe('What must not share an identity (user and password that socks5 or socks5h gets): site, client, …'),
      group: choice(GROUP_STRATEGIES).optional().describe('How a connection gets its member.'),
      members: list(text('write the name of an upstream'), 'a list of upstreams', 'write [NAME, NAME]')
        .optional()
        .describe('Names of upstreams or groups.'),
      by: choice(STICKY_KEYS).optional().describe('Of a sticky group: what keeps its member.'),
      lifetime: duration.optional().describe('Of a sticky group: for how long.'),
    },
    { error: `not an upstream; ${UPSTREAM}` },
  )
  .transform((written, context): UpstreamSettings => {
    const { url, chain, tor, ca, check: checked, isolate, group, members, by, lifetime } = written
    const given = ONE_OF.filter((key) => written[key] !== undefined)
    if (given.length !== 1) {
      const message = given.length === 0 ? 'neither url, chain nor group' : `${given.join(' and ')} exclude each other`
      return refuse(context, `${message}; ${UPSTREAM}`)
    }
    const odd = oddKey(written, group)
    if (odd !== undefined) return refuse(context, odd)
    if (group !== undefined) {
      return { group, members: members ?? [], by: by ?? 'client', lifetimeMs: lifetime ?? STICKY_LIFETIME_MS }
    }
    return {
      hops: chain ?? (url === undefined ? [] : [url]),
      tor: tor ?? false,
      ca,
      check: checked && { everyMs: checked.every, target: checked.target },
      isolate,
    }
  })

export const routeSettings = z.strictObject(
  {
    match: list(text('write a pattern of hosts'), 'a list of patterns', 'write ["*"]')
      .min(1, 'matches nothing; write at least one pattern, such as "*"')
      .describe('Patterns of hosts as in rule files.'),
    via: text('write the name of an upstream, or direct').describe('Name of an upstream or group, or direct.'),
    isolate: choice(ISOLATIONS)
      .optional()
      .describe('Of a route via direct: what must not share one of egress.addresses.'),
    anonymous: flag().default(false).describe('It must reach its targets by upstreams alone, or nothing starts.'),
  },
  { error: 'not a route; write { match: ["*"], via: NAME }' },
)

/** A key that means nothing where it stands. */
function oddKey(written: Readonly<Record<string, unknown>>, group: string | undefined): string | undefined {
  const wrong = group === undefined ? ['members', 'by', 'lifetime'] : ['tor', 'ca', 'check', 'isolate']
  const odd = wrong.find((key) => written[key] !== undefined)
  if (odd !== undefined) {
    return group === undefined
      ? `${odd} belongs to a group; take it out, or write group:`
      : `${odd} belongs to the members of a group; write it there`
  }
  const isSticky = group === undefined || group === 'sticky'
  const sticky = ['by', 'lifetime'].find((key) => !isSticky && written[key] !== undefined)
  return sticky === undefined ? undefined : `${sticky} belongs to a sticky group; write group: sticky, or take it out`
}
