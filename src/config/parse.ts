import { resolve } from 'node:path'
import { isGroup, type UpstreamSettings } from '../policy/upstream-settings.js'
import type { RuleFile } from './config.js'
import type { ListSettings } from './list-settings.js'
import { CONFIG_GRAMMAR, type FileContent } from './schema.js'
import type { Settings } from './settings.js'
import { parseDocument } from './yaml-document.js'

export type ConfigPlace = {
  /** As given, for messages. */
  readonly file: string
  /** Absolute: what relative paths are relative to. */
  readonly directory: string
}

/**
 * Text of a configuration file → its settings. JSON is read as the YAML that it is.
 *
 * @throws {InputError} with every fault, each at its line and column
 */
export function parseConfig(text: string, { file, directory }: ConfigPlace): Settings {
  return toSettings(parseDocument(text, file, CONFIG_GRAMMAR).value, directory)
}

function toSettings({ rules, egress, limits, upstreams, admin, ...rest }: FileContent, directory: string): Settings {
  return {
    ...rest,
    upstreams: upstreams && toUpstreams(upstreams, directory),
    cache: toCache(rest.cache, directory),
    log: rest.log && {
      ...rest.log,
      access: rest.log.access && { ...rest.log.access, file: toLogFile(rest.log.access.file, directory) },
    },
    admin: admin === 'off' ? { listen: '', hosts: [] } : admin,
    control: toControl(rest.control, directory),
    rules: rules && {
      ...rules,
      files: rules.files?.map((file) => toRuleFile(file, directory)),
      lists: rules.lists && toLists(rules.lists, directory),
    },
    egress: egress && {
      ...egress,
      dns: egress.dns && toDns(egress.dns, directory),
    },
    limits: limits && {
      connections: limits.connections,
      perClient: limits.perClient,
      tunnels: limits.tunnels,
      tunnelsPerClient: limits.tunnelsPerClient,
      headBytes: limits.headBytes,
      headFields: limits.headFields,
      uriBytes: limits.uriBytes,
      headTimeoutMs: limits.headTimeout,
      connectTimeoutMs: limits.connectTimeout,
      bodyTimeoutMs: limits.bodyTimeout,
      bodyMinRate: limits.bodyMinRate,
      responseTimeoutMs: limits.responseTimeout,
      idleTimeoutMs: limits.idleTimeout,
      tunnelIdleTimeoutMs: limits.tunnelIdleTimeout,
      connectionLifetimeMs: limits.connectionLifetime,
      requestsPerConnection: limits.requestsPerConnection,
      bufferBytes: limits.bufferBytes,
      pendingDialsPerOrigin: limits.pendingDialsPerOrigin,
      dnsQueries: limits.dnsQueries,
      drainTimeoutMs: limits.drainTimeout,
    },
  }
}

function toRuleFile(
  file: string | { readonly path: string; readonly action: RuleFile['action'] },
  directory: string,
): RuleFile {
  const { path, action } = typeof file === 'string' ? { path: file, action: 'block' as const } : file
  return { name: path, path: path === '-' ? path : resolve(directory, path), action }
}

function toDns(
  { timeout, doh, ...dns }: NonNullable<NonNullable<FileContent['egress']>['dns']>,
  directory: string,
): NonNullable<Settings['egress']>['dns'] {
  return {
    ...dns,
    timeoutMs: timeout,
    doh: doh && { ...doh, ca: doh.ca === undefined ? undefined : resolve(directory, doh.ca) },
  }
}

function toLists(
  lists: NonNullable<NonNullable<FileContent['rules']>['lists']>,
  directory: string,
): Readonly<Record<string, ListSettings>> {
  return Object.fromEntries(
    Object.entries(lists).map(([name, { refresh, ca, ...list }]) => [
      name,
      { ...list, refreshMs: refresh, ca: ca === undefined ? undefined : resolve(directory, ca) },
    ]),
  )
}

function toUpstreams(
  upstreams: Readonly<Record<string, UpstreamSettings>>,
  directory: string,
): Readonly<Record<string, UpstreamSettings>> {
  return Object.fromEntries(
    Object.entries(upstreams).map(([name, upstream]) => {
      const isPlaced = isGroup(upstream) || upstream.ca === undefined
      return [name, isPlaced ? upstream : { ...upstream, ca: resolve(directory, upstream.ca) }]
    }),
  )
}

/** `~` stays what it is: whose home is meant is known when the directory is opened. */
function toCache(path: string | undefined, directory: string): string | undefined {
  return path === undefined || path === 'off' || /^~(?:\/|$)/.test(path) ? path : resolve(directory, path)
}

function toControl(path: string | undefined, directory: string): string | undefined {
  return path === undefined || path === 'off' || path === 'auto' ? path : resolve(directory, path)
}

function toLogFile(file: string | undefined, directory: string): string | undefined {
  return file === undefined || file === '-' || file === 'off' ? file : resolve(directory, file)
}
