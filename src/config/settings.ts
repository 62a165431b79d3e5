import { InputError } from '../errors.js'
import { type Config, DEFAULT_CONFIG } from './config.js'
import { isLoopbackListener } from './listen-url.js'

/** Some of a type's keys, at every depth; lists are whole. */
export type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> | undefined }
    : T

/** One layer of configuration: what a file or a command line says, and nothing else. */
export type Settings = DeepPartial<Config>

/** Layers over the defaults, weakest first. Sections are merged key by key, lists and values replaced whole. */
export function mergeSettings(...layers: readonly Settings[]): Config {
  return layers.reduce<Config>((config, layer) => merged(config, layer) as Config, DEFAULT_CONFIG)
}

/**
 * Anybody who can reach a proxy that takes every client can hide behind it and
 * reach what it reaches, so that must be said and never happens by default.
 *
 * @throws {InputError} a listener that other machines reach, with neither `clients.allow` nor `--open`
 */
export function refuseOpenProxy({ listen, clients, open }: Config): void {
  if (clients.allow !== undefined || open) return
  const exposed = listen.find((url) => !isLoopbackListener(url))
  if (exposed === undefined) return
  throw new InputError([
    {
      file: 'listen',
      line: 0,
      column: 0,
      message: `other machines reach ${exposed}, and nothing says who may use this proxy`,
      fix: 'name them with --clients CIDR,… (clients.allow in the configuration), or give --open to serve everybody',
    },
  ])
}

function merged(below: unknown, above: unknown): unknown {
  if (above === undefined) return below
  if (!isSection(below) || !isSection(above)) return above
  const result: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) result[key] = merged(below[key], value)
  return result
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
