import type { RouteSettings, UpstreamSettings } from '../policy/upstream-settings.js'
import type { RuleAction } from '../rules/rule.js'
import type { ListSettings } from './list-settings.js'

/** First and last port of a range, both included. */
export type PortRange = readonly [number, number]

/** Which data plane serves: the native edge, or TypeScript alone; `auto` takes the native one where it was built. */
export type Engine = 'auto' | 'native' | 'js'
export type HeaderProfile = 'off' | 'standard' | 'strict' | 'paranoid'
export type AccessLogFormat = 'pretty' | 'json' | 'squid' | 'common' | 'combined'
export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

/** A rule file as the user gave it; `path` `-` is standard input. */
export type RuleFile = {
  /** As given: what matches, logs and messages show. */
  readonly name: string
  /** Absolute, or `-`. */
  readonly path: string
  readonly action: RuleAction
}

/** What differs for the header fields of some hosts. */
export type HostHeaders = {
  /** Patterns as in rules, without paths. */
  readonly match: readonly string[]
  readonly profile?: HeaderProfile | undefined
  readonly keep?: readonly string[] | undefined
  readonly remove?: readonly string[] | undefined
  readonly set?: Readonly<Record<string, string>> | undefined
}

/**
 * The effective configuration: command line over file over defaults, all
 * values parsed. Durations are in milliseconds, sizes in bytes.
 */
export type Config = {
  /** `http://HOST:PORT` each. */
  readonly listen: readonly string[]
  readonly clients: {
    /** CIDRs; undefined where nobody configured it (then loopback only). */
    readonly allow: readonly string[] | undefined
  }
  /** Processes that serve clients; `auto` is one for each processor. */
  readonly workers: number | 'auto'
  /** `--open`: serve any client on a non-loopback address. */
  readonly open: boolean
  /** `--engine`: a matter of the machine, so no configuration file holds it. */
  readonly engine: Engine
  readonly rules: {
    readonly files: readonly RuleFile[]
    /** Subscriptions by name, in order. */
    readonly lists: Readonly<Record<string, ListSettings>>
    readonly default: RuleAction | undefined
    readonly scope: 'exact' | 'suffix'
    readonly blockStatus: 403 | 451
    /** Report only: rules log `wouldBlock` and refuse nothing. */
    readonly report: boolean
  }
  readonly headers: {
    readonly profile: HeaderProfile
    readonly keep: readonly string[]
    readonly remove: readonly string[]
    readonly set: Readonly<Record<string, string>>
    /** First match counts; what an entry leaves out is as above. */
    readonly perHost: readonly HostHeaders[]
  }
  readonly egress: {
    readonly guard: { readonly allow: readonly string[]; readonly deny: readonly string[] }
    readonly connectPorts: readonly PortRange[]
    readonly httpPorts: readonly PortRange[]
    /** Addresses and CIDRs of ours from which targets are dialled; empty: the system chooses. */
    readonly addresses: readonly string[]
    readonly dns: {
      /** `upstream`: no name is looked up here. */
      readonly mode: 'system' | 'doh' | 'upstream'
      /** `address` or `address:port`; empty: those of /etc/resolv.conf. */
      readonly servers: readonly string[]
      readonly timeoutMs: number
      readonly doh: {
        /** `https:`; empty unless the mode is `doh`. */
        readonly url: string
        /** Addresses of the URL's host, which is never looked up. */
        readonly bootstrap: readonly string[]
        /** Absolute path of a PEM file: authorities that are trusted beside the usual ones. */
        readonly ca: string | undefined
      }
      /** Who is asked where `doh` gives no answer. */
      readonly fallback: 'none' | 'system'
    }
  }
  /** Parent proxies and groups of them, by name. */
  readonly upstreams: Readonly<Record<string, UpstreamSettings>>
  /** Which target leaves by which upstream, first match first; empty: all go direct. */
  readonly route: readonly RouteSettings[]
  readonly limits: Limits
  /** Reload when a file of the configuration or of the rules changes. */
  readonly watch: boolean
  /** A directory, `~` for the user's home; `off` for none (cache-directory.ts). */
  readonly cache: string
  /** The control socket: a path, `auto` (control/control-path.ts), `off` for none. */
  readonly control: string
  /** Where metrics and health are told: `http://HOST:PORT`, or empty for nowhere; and further names by which it may be asked. */
  readonly admin: { readonly listen: string; readonly hosts: readonly string[] }
  readonly blockPage: { readonly title: string; readonly contact: string }
  readonly log: {
    readonly level: LogLevel
    readonly access: {
      /** `-` is standard output, `off` writes none. */
      readonly file: string
      readonly format: AccessLogFormat
    }
  }
}

export type Limits = {
  readonly connections: number
  readonly perClient: number
  readonly tunnels: number
  readonly tunnelsPerClient: number
  readonly headBytes: number
  readonly headFields: number
  readonly uriBytes: number
  readonly headTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly bodyTimeoutMs: number
  /** Octets a second, over each `bodyTimeoutMs`; 0 for none. */
  readonly bodyMinRate: number
  readonly responseTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly tunnelIdleTimeoutMs: number
  readonly connectionLifetimeMs: number
  readonly requestsPerConnection: number
  /** Octets held for a peer that does not read, each way of an exchange. */
  readonly bufferBytes: number
  readonly pendingDialsPerOrigin: number
  readonly dnsQueries: number
  /** What exchanges have to end when the proxy stops. */
  readonly drainTimeoutMs: number
}

const ANY_PORT: readonly PortRange[] = [[1, 65535]]

/** More processes than this serve nobody faster. */
export const MAX_WORKERS = 256

export { ANY_PORT }

/** Every default of contract §4 in one place; the reasons for the numbers are in docs/configuration.md. */
export const DEFAULT_CONFIG: Config = {
  listen: ['http://127.0.0.1:3128'],
  clients: { allow: undefined },
  workers: 1,
  open: false,
  engine: 'auto',
  rules: { files: [], lists: {}, default: undefined, scope: 'exact', blockStatus: 403, report: false },
  headers: { profile: 'standard', keep: [], remove: [], set: {}, perHost: [] },
  egress: {
    guard: { allow: [], deny: [] },
    connectPorts: [
      [443, 443],
      [80, 80],
      [8443, 8443],
    ],
    httpPorts: [
      [80, 80],
      [443, 443],
      [1024, 65535],
    ],
    addresses: [],
    dns: {
      mode: 'system',
      servers: [],
      timeoutMs: 5_000,
      doh: { url: '', bootstrap: [], ca: undefined },
      fallback: 'none',
    },
  },
  upstreams: {},
  route: [],
  limits: {
    connections: 20_000,
    perClient: 4_096,
    tunnels: 16_000,
    tunnelsPerClient: 4_096,
    headBytes: 65_536,
    headFields: 512,
    uriBytes: 16_384,
    headTimeoutMs: 10_000,
    connectTimeoutMs: 10_000,
    bodyTimeoutMs: 30_000,
    bodyMinRate: 500,
    responseTimeoutMs: 60_000,
    idleTimeoutMs: 120_000,
    tunnelIdleTimeoutMs: 900_000,
    connectionLifetimeMs: 86_400_000,
    requestsPerConnection: 100_000,
    bufferBytes: 65_536,
    pendingDialsPerOrigin: 512,
    dnsQueries: 256,
    drainTimeoutMs: 30_000,
  },
  watch: false,
  cache: '~/.cache/veilgate',
  control: 'auto',
  admin: { listen: '', hosts: [] },
  blockPage: { title: 'Blocked', contact: '' },
  log: { level: 'info', access: { file: '-', format: 'pretty' } },
}
