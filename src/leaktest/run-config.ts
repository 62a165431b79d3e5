import type { Config } from '../config/config.js'
import { hasCredentials } from '../policy/hop.js'
import { hopsOf } from '../policy/routing-graph.js'
import { isGroup, type ProxySettings } from '../policy/upstream-settings.js'

/** A hop of an upstream, which something plays. */
export type PlayedHop = {
  readonly upstream: string
  readonly hop: number
  readonly scheme: ReturnType<typeof hopsOf>[number]['scheme']
  readonly hasLogin: boolean
}

/** Where what plays the outside listens. */
export type Stage = {
  /** Of the origins, all on 127.0.0.1. */
  readonly ports: readonly number[]
  /** `127.0.0.1:port` of the name server and of the service over HTTPS. */
  readonly nameServer: string
  readonly doh: string
  /** A PEM file: the authority of all of them. */
  readonly ca: string
  /** The URL of what plays a hop. */
  readonly urlOf: (upstream: string, hop: number) => string
}

const LOOPBACK = '127.0.0.1/32'

/** The hops of a configuration, one after the other. */
export function playedHops({ upstreams }: Pick<Config, 'upstreams'>): readonly PlayedHop[] {
  return Object.entries(upstreams).flatMap(([upstream, settings]) =>
    isGroup(settings)
      ? []
      : hopsOf(settings).map((hop, i) => ({
          upstream,
          hop: i,
          scheme: hop.scheme,
          hasLogin: hasCredentials(hop),
        })),
  )
}

/** The URL of a hop on loopback, with a login of this run where the configured one has a login. */
export function standInUrl({ scheme, hasLogin }: PlayedHop, port: number, login: readonly [string, string]): string {
  // SOCKS 4 knows a user alone
  const written = scheme.startsWith('socks4') ? login[0] : login.join(':')
  return `${scheme}://${hasLogin ? `${written}@` : ''}127.0.0.1:${port}`
}

/** What each login looks like on the way to its hop. */
export function loginTexts([username, password]: readonly [string, string]): readonly string[] {
  return [username, password, Buffer.from(`${username}:${password}`).toString('base64')]
}

/**
 * The configuration as it is, but for what it says of this machine and of places
 * outside: it listens on loopback, its upstreams, name servers and origins are
 * those of the stage, and of private addresses these alone are opened. It has no rules.
 */
export function configForRun(config: Config, { ports, nameServer, doh, ca, urlOf }: Stage): Config {
  const { egress } = config
  const origins = ports.map((port) => [port, port] as const)
  const upstreams = Object.entries(config.upstreams).map(([name, settings]) => [
    name,
    isGroup(settings) ? settings : played(settings, (hop) => urlOf(name, hop), ca),
  ])
  const url = doh === '' ? '' : `https://${doh}/dns-query`
  return {
    ...onLoopback(config),
    egress: {
      ...egress,
      guard: {
        allow: [...egress.guard.allow, LOOPBACK],
        deny: egress.guard.deny.filter((range) => range !== LOOPBACK && range !== '127.0.0.1'),
      },
      connectPorts: [...egress.connectPorts, ...origins],
      httpPorts: [...egress.httpPorts, ...origins],
      dns: { ...egress.dns, servers: [nameServer], doh: { url, bootstrap: [], ca } },
    },
    upstreams: Object.fromEntries(upstreams),
  }
}

/** The configuration with a listener for this run alone, and without rules. */
export function onLoopback(config: Config): Config {
  return {
    ...config,
    listen: ['http://127.0.0.1:0'],
    clients: { allow: undefined },
    open: false,
    workers: 1,
    rules: { ...config.rules, files: [], lists: {}, default: undefined, report: false },
  }
}

function played(settings: ProxySettings, urlOf: (hop: number) => string, ca: string): ProxySettings {
  return { ...settings, hops: settings.hops.map((_, hop) => urlOf(hop)), ca, check: undefined }
}
