import { isIP } from 'node:net'
import { z } from 'zod'
import { classifyAddress } from '../http/address.js'
import { canonicalHost } from '../http/authority.js'
import { parseCidr } from '../http/cidr.js'
import { parsePortList } from '../policy/port-list.js'
import { showUrl } from '../upstream/chain-adapter.js'
import { ANY_PORT, MAX_WORKERS, type PortRange } from './config.js'
import type { DocumentGrammar, JsonSchema } from './document-grammar.js'
import { headersSection } from './header-schema.js'
import { listName, listSettings } from './list-schema.js'
import { parseListenUrl } from './listen-url.js'
import { routingFaults } from './routing.js'
import { choice, count, duration, flag, list, quote, refuse, section, sentence, text } from './schema-parts.js'
import { routeSettings, upstreamName, upstreamSettings } from './upstream-schema.js'

const PORTS = 'write ports and ranges such as [443, 80, 8000-8100], or any'
const CIDR = 'write an address or a range such as 192.168.0.0/16 or fd00::/8'
const ADDRESS = 'write an address such as 192.0.2.53 or 2001:db8::53'
const DNS_SERVER = 'write an address such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53'

const listenUrl = text('write a URL such as http://127.0.0.1:3128').transform((url, context) => {
  const listen = parseListenUrl(url)
  if ('url' in listen) return listen.url
  return refuse(context, `${showUrl(url)}: ${listen.message}; ${listen.fix}`)
})

const cidr = text(CIDR).refine((range) => parseCidr(range) !== undefined, {
  error: ({ input }) => `${quote(input)} is no range of addresses; ${CIDR}`,
})

const portItem = z.union([z.number(), z.string()], { error: `not a port; ${PORTS}` }).transform((item, context) => {
  const ranges = parsePortList(String(item))
  return ranges ?? refuse(context, `${quote(item)} is no port or range of ports; ${PORTS}`)
})

const ports = z
  .union([z.literal('any'), z.array(portItem)], { error: `not a list of ports; ${PORTS}` })
  .transform((items): readonly PortRange[] => (items === 'any' ? ANY_PORT : items.flat()))

const address = text(ADDRESS).refine((written) => isIP(written) !== 0, {
  error: ({ input }) => `${quote(input)} is no address; ${ADDRESS}`,
})

const dnsServer = text(DNS_SERVER).refine(isDnsServer, {
  error: ({ input }) => `${quote(input)} is no address of a name server; ${DNS_SERVER}`,
})

const DOH_URL = 'write the URL of a DNS over HTTPS service, such as https://dns.example/dns-query'

const dohUrl = text(DOH_URL).refine((written) => dohUrlFault(written) === undefined, {
  error: ({ input }) => `${quote(showUrl(String(input)))}: ${dohUrlFault(String(input))}; ${DOH_URL}`,
})

const EGRESS_ADDRESS = 'write an address of this machine or a range such as 198.51.100.0/28 or 2001:db8:1::/64'

const egressAddress = text(EGRESS_ADDRESS).refine(isEgressAddress, {
  error: ({ input }) => `${quote(input)} is nothing to connect from; ${EGRESS_ADDRESS}`,
})

const ruleFile = z.union(
  [
    text('write the path of a rule file').min(1, 'an empty path; write the path of a rule file'),
    z.strictObject({
      path: text('write the path of a rule file').min(1, 'an empty path; write the path of a rule file'),
      action: choice(['block', 'allow']).default('block').describe('For patterns of this file that state no action.'),
    }),
  ],
  { error: 'not a rule file; write a path, or { path: FILE, action: allow }' },
)

const ADMIN = 'write { listen: http://127.0.0.1:9090 }, or off'

const adminListener = z.strictObject({
  listen: listenUrl,
  hosts: list(
    text('write the name of this host').refine((name) => canonicalHost(name) !== undefined, {
      error: ({ input }) => `${quote(input)} is no name of a host; write one such as veilgate.example`,
    }),
    'a list of names',
    'write [veilgate.example]',
  ).optional(),
})

/**
 * The file as a person writes it. Parsed values come out; descriptions become comments and JSON Schema.
 *
 * Longer than most files: it is the table of all keys, in their order. Sections with a grammar of their own have their files
 * (header-schema.ts, list-schema.ts, upstream-schema.ts).
 */
export const FILE_SCHEMA = z.strictObject({
  listen: list(listenUrl, 'a list of listen addresses', 'write [http://127.0.0.1:3128]')
    .min(1, 'nowhere to listen; write at least one address such as http://127.0.0.1:3128')
    .describe('Where to listen: http://ADDRESS:PORT each; port 0 takes a free one.'),
  clients: section({
    allow: cidrs()
      .min(1, 'nobody could use the proxy; write at least one range such as 127.0.0.0/8')
      .describe('Who may use the proxy; others get 403. Not set: this machine only, unless started with --open.')
      .meta({
        examples: [['127.0.0.0/8', '::1']],
      }),
  }).describe('Who may use the proxy.'),
  workers: workerCount().describe(
    'Processes that serve clients: a number, or auto for one on each processor. Takes effect at the next start.',
  ),
  rules: section({
    files: list(ruleFile, 'a list of rule files', 'write [my.rules]')
      .describe(
        'Rule files, first one first; relative to this file. { path: FILE, action: allow } turns bare patterns round. Not set: the rules that come with veilgate.',
      )
      .meta({ examples: [['my.rules']] }),
    lists: z
      .record(listName, listSettings, { error: `not a map of lists; write { ads: { url: https://HOST/PATH } }` })
      .describe(
        'Lists that others publish, by name, fetched and kept: { ads: { url: https://HOST/PATH, action: block, scope: suffix, refresh: 12h } }.',
      ),
    default: choice(['allow', 'block'])
      .describe(
        'What happens to targets that no rule matches; beats `default` lines of rule files. Not set: those lines, else allow.',
      )
      .meta({ examples: ['allow'] }),
    scope: choice(['exact', 'suffix']).describe(
      'suffix: bare names in the files mean the name and everything below it.',
    ),
    blockStatus: z
      .union([z.literal(403), z.literal(451)], {
        error: ({ input }) => `${quote(input)} is not possible here; write 403 or 451`,
      })
      .describe('Status of the answer to a blocked request: 403 or 451.'),
    report: flag().describe('true: rules only log what they would block.'),
  }).describe('What is blocked.'),
  headers: headersSection.describe('Header fields of http:// requests; what is inside a tunnel is never seen.'),
  egress: section({
    guard: section({
      allow: cidrs().describe('Special-purpose ranges that may be reached; of allow and deny the longer prefix wins.'),
      deny: cidrs().describe('Further ranges that may not be reached.'),
    }).describe('The guard refuses targets in private and other special-purpose address ranges.'),
    connectPorts: ports.describe('Ports open to CONNECT: a list with ranges, or any.'),
    httpPorts: ports.describe('Ports open to http:// requests: a list with ranges, or any.'),
    addresses: list(egressAddress, 'a list of addresses', 'write [198.51.100.7, 2001:db8:1::/64]').describe(
      'Addresses and ranges of this machine from which targets are reached, in turn; empty: the system chooses.',
    ),
    dns: section({
      mode: choice(['system', 'doh', 'upstream']).describe(
        'How names are resolved: system = /etc/hosts, then the name servers; doh = /etc/hosts, then DNS over HTTPS; upstream = not here.',
      ),
      servers: list(dnsServer, 'a list of addresses', 'write [192.0.2.53]').describe(
        'Name servers, ADDRESS or ADDRESS:PORT; empty: those of /etc/resolv.conf.',
      ),
      timeout: duration.describe('How long one name may take.'),
      doh: section({
        url: dohUrl
          .describe('Where queries are posted: https:// with a path.')
          .meta({ examples: ['https://dns.example/dns-query'] }),
        bootstrap: list(address, 'a list of addresses', 'write [192.0.2.53]')
          .min(1, 'no address; write at least one such as 192.0.2.53, or leave it out')
          .describe('Addresses of its host, tried in this order: the host is never looked up.')
          .meta({ examples: [['192.0.2.53', '2001:db8::53']] }),
        ca: text('write the path of a PEM file')
          .min(1, 'an empty path; write the path of a PEM file')
          .describe('PEM file with authorities to trust for it beside the usual ones; relative to this file.')
          .meta({ examples: ['dns.pem'] }),
      }).describe('The service for mode doh.'),
      fallback: choice(['none', 'system']).describe(
        'Who is asked where the service of mode doh gives no answer: none, or system = the name servers.',
      ),
    })
      .superRefine(checkDns)
      .describe('Name resolution.'),
  }).describe('What the proxy may connect to.'),
  upstreams: z
    .record(upstreamName, upstreamSettings, {
      error: 'not a map of upstreams; write { NAME: { url: "socks5h://127.0.0.1:9050" } }',
    })
    .describe(
      'Parent proxies by name: { tor: { url: "socks5h://127.0.0.1:9050", tor: true }, two: { chain: [URL, URL] }, out: { group: first, members: [tor, two] } }.',
    ),
  route: list(routeSettings, 'a list of routes', 'write [{ match: ["*"], via: NAME }]').describe(
    'Which targets leave by which upstream, first match first: [{ match: ["*.onion"], via: tor, anonymous: true }]. Direct goes only what via: direct says so of; without any route all does.',
  ),
  limits: section({
    connections: count(1, 1_000_000).describe('Client connections in all.'),
    perClient: count(1, 1_000_000).describe('Connections of one client address.'),
    tunnels: count(1, 1_000_000).describe('Tunnels in all.'),
    tunnelsPerClient: count(1, 1_000_000).describe('Tunnels of one client address.'),
    headBytes: count(1_024, 1_048_576).describe('Bytes of a request or response head.'),
    headFields: count(16, 10_000).describe('Fields of a head.'),
    uriBytes: count(256, 1_048_576).describe('Bytes of a request target.'),
    headTimeout: duration.describe('From the first byte of a request head to its last.'),
    connectTimeout: duration.describe('For a connection to an origin, all its addresses together.'),
    bodyTimeout: duration.describe('Silence within a request body.'),
    bodyMinRate: count(0, 1_000_000_000).describe(
      'Bytes a second that a client must send of a request body, over each bodyTimeout; 0: none.',
    ),
    responseTimeout: duration.describe('From the end of a request to the head of its response.'),
    idleTimeout: duration.describe('Silence on a connection between requests, and within a response body.'),
    tunnelIdleTimeout: duration.describe('Silence on a tunnel, both ways.'),
    connectionLifetime: duration.describe(
      'After this long a client connection takes no further request, and a tunnel ends.',
    ),
    requestsPerConnection: count(1, 1_000_000_000).describe('Requests on one client connection.'),
    bufferBytes: count(4_096, 16_777_216).describe(
      'Bytes held for a peer that does not read, each way of an exchange.',
    ),
    pendingDialsPerOrigin: count(1, 1_000_000).describe(
      'Connections to one origin that are being made at a time; others wait.',
    ),
    dnsQueries: count(1, 100_000).describe('Names that are asked for at a time; others wait.'),
    drainTimeout: duration.describe('What exchanges have to end when the proxy is told to stop.'),
  }).describe('What one client, and all together, may take.'),
  watch: flag().describe(
    'true: reload when the configuration or a rule file, included ones too, has other content. As SIGHUP does: whole or not at all.',
  ),
  cache: text('write the path of a directory, or off')
    .min(1, 'an empty path; write the path of a directory, or off')
    .describe(
      'Where compiled rules and copies of lists are kept: a directory of this user alone (relative to this file, ~ for the home), or off. The default follows $XDG_CACHE_HOME.',
    ),
  control: text('write the path of a socket, auto or off')
    .min(1, 'an empty path; write the path of a socket, auto or off')
    .describe(
      'Unix socket through which `veilgate lists` and `reload` ask this instance: auto = $XDG_RUNTIME_DIR/veilgate.sock, or one in a folder of this user alone; a path (relative to this file); or off.',
    ),
  admin: z
    .union([z.literal('off'), adminListener], { error: `not an admin listener; ${ADMIN}` })
    .describe(
      'Listener for /metrics, /healthz and /readyz: { listen: URL, hosts: [NAME] }, or off; hosts are names by which it may be asked beside addresses and localhost.',
    ),
  blockPage: section({
    title: sentence().describe('Title of the page that a blocked http:// document gets.'),
    contact: sentence().describe('Whom to ask, shown on that page.'),
  }).describe('The page shown instead of a blocked document.'),
  log: section({
    level: choice(['error', 'warn', 'info', 'debug']).describe(
      'Messages on standard error: error, warn, info or debug.',
    ),
    access: section({
      file: text('write a path, - or off')
        .min(1, 'an empty path; write a path, - or off')
        .describe('Access log: a file (relative to this one), - for standard output, off for none.'),
      format: choice(['pretty', 'json', 'squid', 'common', 'combined']).describe(
        'Of an access log line: pretty, json, squid, common or combined.',
      ),
    }).describe('One line an exchange.'),
  }).describe('What is written down.'),
})

/** What a configuration file says, parsed; sections and keys that it leaves out are missing. */
export type FileContent = {
  readonly [K in keyof z.output<typeof FILE_SCHEMA>]?: z.output<typeof FILE_SCHEMA>[K] | undefined
}

/** The grammar of the file for editors (`config schema`), draft 2020-12. */
export const FILE_SCHEMA_JSON = {
  ...z.toJSONSchema(FILE_SCHEMA.partial(), { io: 'input' }),
  title: 'veilgate configuration',
} as unknown as JsonSchema

export const CONFIG_GRAMMAR = {
  schema: FILE_SCHEMA.partial().superRefine(refuseFaultyRouting),
  json: FILE_SCHEMA_JSON,
  empty: 'no configuration in this file; write at least one key, or leave --config out',
  example: 'config defaults',
  laterKeys: new Set([]),
} satisfies DocumentGrammar

/** Names that mean nothing, circles and routes that are not what they are marked as, each at its place. */
function refuseFaultyRouting({ upstreams = {}, route = [], egress }: FileContent, context: z.RefinementCtx): void {
  // what is wrong by itself is not parsed, and need not be judged together
  if (context.issues.length > 0) return
  for (const { path, message, fix } of routingFaults({
    upstreams,
    route,
    egress: { addresses: egress?.addresses ?? [] },
  })) {
    context.addIssue({ code: 'custom', path: [...path], message: `${message}; ${fix}` })
  }
}

function workerCount() {
  const error = ({ input }: { readonly input?: unknown }) =>
    `${quote(input)} is no number of processes; write 1 to ${MAX_WORKERS}, or auto`
  return z.union([z.literal('auto'), z.int({ error }).min(1, { error }).max(MAX_WORKERS, { error })], { error })
}

function cidrs() {
  return list(cidr, 'a list of address ranges', 'write [192.168.0.0/16]')
}

function isDnsServer(server: string): boolean {
  if (isIP(server) !== 0) return true
  const [, host6, host4, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(server) ?? []
  const family = host6 === undefined ? isIP(host4 ?? '') === 4 : isIP(host6) === 6
  return family && Number(port) >= 1 && Number(port) <= 65_535
}

/** True for a URL whose host is a name; a faulty one is told by itself. */
function namesHost(url: string): boolean {
  return dohUrlFault(url) === undefined && isIP(new URL(url).hostname.replace(/^\[|\]$/g, '')) === 0
}

/** RFC 8484 §4.1 has a URI Template; POST needs none of its variables. */
function dohUrlFault(written: string): string | undefined {
  if (/[{}]/.test(written)) return 'a template; take {?dns} out'
  if (!/^https:\/\//i.test(written) || !URL.canParse(written)) return 'no https:// URL'
  const { username, password, hash } = new URL(written)
  if (username !== '' || password !== '') return 'a user has no place in it'
  return hash === '' ? undefined : 'a fragment has no place in it'
}

const NO_SENDERS: ReadonlySet<string> = new Set(['this-network', 'unspecified', 'multicast', 'broadcast'])

/** What can stand as the sender's address in a packet. */
function isEgressAddress(written: string): boolean {
  const cidr = parseCidr(written)
  return cidr !== undefined && !NO_SENDERS.has(classifyAddress(cidr.address))
}

type DnsSection = {
  readonly mode?: string | undefined
  readonly doh?: { readonly url?: string | undefined; readonly bootstrap?: readonly string[] | undefined } | undefined
  readonly fallback?: string | undefined
}

/** Keys that only together make sense: a key that does nothing would be worse than an error. */
function checkDns({ mode, doh, fallback }: DnsSection, context: z.RefinementCtx): void {
  if (mode !== 'doh') {
    if (Object.keys(doh ?? {}).length > 0)
      tell(['doh'], 'only the mode doh asks this service; write mode: doh, or take doh out')
    if (fallback === 'system') tell(['fallback'], 'only the mode doh falls back; write mode: doh, or take fallback out')
    return
  }
  if (doh?.url === undefined) {
    tell(['mode'], 'the mode doh needs a service; write doh: { url: https://HOST/dns-query, bootstrap: [ADDRESS] }')
  } else if (doh.bootstrap === undefined && namesHost(doh.url)) {
    tell(['doh', 'url'], 'the host of the service is never looked up; write its addresses as bootstrap: [ADDRESS]')
  }

  function tell(path: readonly string[], message: string): void {
    context.addIssue({ code: 'custom', path: [...path], message })
  }
}
