import { stringify } from 'yaml'
import { isGroup, type UpstreamSettings } from '../policy/upstream-settings.js'
import { showUrl } from '../upstream/chain-adapter.js'
import { ANY_PORT, type Config, DEFAULT_CONFIG, type HostHeaders, type PortRange, type RuleFile } from './config.js'
import type { JsonSchema } from './document-grammar.js'
import { formatDuration } from './durations.js'
import type { ListSettings } from './list-settings.js'
import { FILE_SCHEMA_JSON } from './schema.js'

/** Field names whose values let their reader in somewhere. */
const SECRET_NAME = /auth|cookie|credential|key|passw|secret|session|token/i
export const MASK = '<masked>'

/** A configuration with the keys and notations of its file; undefined where the default is not something to write. */
export function toFileForm(config: Config): Record<string, unknown> {
  const {
    listen,
    clients,
    workers,
    rules,
    headers,
    egress,
    upstreams,
    route,
    limits,
    watch,
    cache,
    control,
    admin,
    blockPage,
    log,
  } = config
  return {
    listen,
    clients,
    workers,
    rules: {
      files: rules.files.map(toFileEntry),
      lists: Object.fromEntries(Object.entries(rules.lists).map(([name, list]) => [name, toListEntry(list)])),
      default: rules.default,
      scope: rules.scope,
      blockStatus: rules.blockStatus,
      report: rules.report,
    },
    headers: { ...headers, set: maskSecrets(headers.set), perHost: headers.perHost.map(toHostEntry) },
    egress: {
      guard: egress.guard,
      connectPorts: toPorts(egress.connectPorts),
      httpPorts: toPorts(egress.httpPorts),
      addresses: egress.addresses,
      dns: toDns(egress.dns),
    },
    upstreams: Object.fromEntries(Object.entries(upstreams).map(([name, one]) => [name, toUpstreamEntry(one)])),
    route: route.map(({ match, via, isolate, anonymous }) => ({
      match,
      via,
      isolate,
      ...(anonymous && { anonymous }),
    })),
    limits: {
      connections: limits.connections,
      perClient: limits.perClient,
      tunnels: limits.tunnels,
      tunnelsPerClient: limits.tunnelsPerClient,
      headBytes: limits.headBytes,
      headFields: limits.headFields,
      uriBytes: limits.uriBytes,
      headTimeout: formatDuration(limits.headTimeoutMs),
      connectTimeout: formatDuration(limits.connectTimeoutMs),
      bodyTimeout: formatDuration(limits.bodyTimeoutMs),
      bodyMinRate: limits.bodyMinRate,
      responseTimeout: formatDuration(limits.responseTimeoutMs),
      idleTimeout: formatDuration(limits.idleTimeoutMs),
      tunnelIdleTimeout: formatDuration(limits.tunnelIdleTimeoutMs),
      connectionLifetime: formatDuration(limits.connectionLifetimeMs),
      requestsPerConnection: limits.requestsPerConnection,
      bufferBytes: limits.bufferBytes,
      pendingDialsPerOrigin: limits.pendingDialsPerOrigin,
      dnsQueries: limits.dnsQueries,
      drainTimeout: formatDuration(limits.drainTimeoutMs),
    },
    watch,
    cache,
    control,
    admin: admin.listen === '' ? 'off' : admin,
    blockPage,
    log,
  }
}

/** The effective configuration as a file would say it, secrets masked. */
export function printConfig(config: Config): string {
  const open = config.open ? ['# started with --open: any client may use the proxy'] : []
  return `${[...open, ...toLines(FILE_SCHEMA_JSON, toFileForm(config), '', false)].join('\n')}\n`
}

/** Every key with its default and what it means, as a file that may be edited: it reads back to the defaults. */
export function printDefaults(): string {
  const head = '# veilgate configuration: every key with its default. Keys behind # have no value until you give one.'
  // not a list without files, which would mean no rules at all
  const withoutFiles = { ...toFileForm(DEFAULT_CONFIG), rules: { ...DEFAULT_CONFIG.rules, files: undefined } }
  return `${[head, '', ...toLines(FILE_SCHEMA_JSON, withoutFiles, '', true)].join('\n')}\n`
}

function toLines(
  schema: JsonSchema,
  form: Readonly<Record<string, unknown>>,
  indent: string,
  commented: boolean,
): readonly string[] {
  const lines: string[] = []
  for (const [key, shape] of Object.entries(schema.properties ?? {})) {
    const value = form[key]
    if (commented) lines.push(`${indent}# ${shape.description}`)
    if (shape.properties !== undefined && isSection(value)) {
      const inner = toLines(shape, value, `${indent}  `, commented)
      const isEmpty = Object.values(value).every((one) => one === undefined)
      lines.push(isEmpty ? `${indent}${key}: {}` : `${indent}${key}:`, ...inner)
    } else if (value !== undefined) {
      lines.push(`${indent}${key}: ${toYaml(value)}`)
    } else if (commented) {
      lines.push(`${indent}# ${key}: ${toYaml(shape.examples?.[0])}`)
    }
    if (commented && indent === '') lines.push('')
  }
  return lines
}

function toYaml(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trimEnd()
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function toDns({ mode, servers, timeoutMs, doh, fallback }: Config['egress']['dns']): Record<string, unknown> {
  return {
    mode,
    servers,
    timeout: formatDuration(timeoutMs),
    doh: {
      url: doh.url === '' ? undefined : doh.url,
      bootstrap: doh.bootstrap.length === 0 ? undefined : doh.bootstrap,
      ca: doh.ca,
    },
    fallback,
  }
}

function toFileEntry({ path, action }: RuleFile): unknown {
  return action === 'block' ? path : { path, action }
}

function toListEntry({ url, action, scope, refreshMs, maxBytes, maxShrink, sha256, ca }: ListSettings): unknown {
  const refresh = refreshMs === undefined ? undefined : formatDuration(refreshMs)
  return { url: maskUrl(url), action, scope, refresh, maxBytes, maxShrink, sha256, ca }
}

function toUpstreamEntry(upstream: UpstreamSettings): unknown {
  if (isGroup(upstream)) {
    const { group, members, by, lifetimeMs } = upstream
    return group === 'sticky' ? { group, members, by, lifetime: formatDuration(lifetimeMs) } : { group, members }
  }
  const { hops, tor, ca, check, isolate } = upstream
  const [url, ...further] = hops.map(maskUrl)
  return {
    ...(further.length === 0 ? { url } : { chain: [url, ...further] }),
    ...(tor && { tor }),
    ...(ca !== undefined && { ca }),
    ...(check !== undefined && {
      check: { every: formatDuration(check.everyMs), ...(check.target !== undefined && { target: check.target }) },
    }),
    isolate,
  }
}

function toHostEntry({ set, ...entry }: HostHeaders): unknown {
  return { ...entry, set: set && maskSecrets(set) }
}

/** Without password, and without the values of parameters that let their reader in somewhere. */
function maskUrl(url: string): string {
  return showUrl(url).replaceAll(/([?&]([^=&#]*)=)[^&#]*/g, (pair, start: string, name: string) =>
    SECRET_NAME.test(name) ? `${start}${MASK}` : pair,
  )
}

function toPorts(ranges: readonly PortRange[]): unknown {
  const [[first, last] = [0, 0]] = ranges
  if (ranges.length === 1 && first === ANY_PORT[0]?.[0] && last === ANY_PORT[0][1]) return 'any'
  return ranges.map(([from, to]) => (from === to ? from : `${from}-${to}`))
}

function maskSecrets(fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, SECRET_NAME.test(name) ? MASK : value]),
  )
}
