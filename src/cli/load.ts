import { resolve } from 'node:path'
import { randomPrintKey } from '../compile-rules.js'
import { readAuthority } from '../config/authority-file.js'
import { cachePath } from '../config/cache-directory.js'
import type { Config } from '../config/config.js'
import { loadRules } from '../config/load-rules.js'
import { refuseUnsafeRouting } from '../config/routing.js'
import { createRuleCache, FEWEST_CACHED_RULES } from '../config/rule-cache.js'
import type { RuleFilesIo } from '../config/rule-text.js'
import { mergeSettings, refuseOpenProxy, type Settings } from '../config/settings.js'
import { SHIPPED_RULES } from '../config/shipped-rules.js'
import type { RuleSet } from '../rules/rule.js'
import { hasSameRules } from '../rules/rule-set.js'
import { readKeptLists } from '../subscriptions/kept-lists.js'
import { type StartOptions, toSettings } from './options.js'

/** All that a running proxy is made of, read anew by every reload. */
export type Setup = {
  readonly config: Config
  readonly ruleSet: RuleSet
  /** Names of subscribed lists of which there is no copy, so that their rules are not among these. */
  readonly missing: readonly string[]
  /** Keeps rules of this setup for the next start, where they are many and not kept as they are. @throws {Error} why it cannot */
  readonly keepRules: (ruleSet: RuleSet) => Promise<void>
}

/**
 * Configuration and rules as the options say, whole.
 *
 * @param io where `--rules -` comes from; default standard input, which can be read once
 * @param previous the rules in force, whose unchanged lists are not parsed again
 * @throws {InputError} either is wrong or cannot be read
 */
export async function loadSetup(options: StartOptions, io: RuleFilesIo = {}, previous?: RuleSet): Promise<Setup> {
  if (options.config !== undefined) io.opening?.(resolve(options.config))
  return setupOf(await loadConfig(options), io, previous)
}

/** The rules of a configuration, and the two together. @throws {InputError} rules are wrong, or these or another file it names cannot be read */
export async function setupOf(config: Config, io: RuleFilesIo = {}, previous?: RuleSet): Promise<Setup> {
  readAuthority(config.egress.dns.doh.ca)
  const { files, scope, default: wanted } = config.rules
  const urls = Object.values(config.rules.lists).map(({ url }) => ({ name: url, path: url, action: 'block' as const }))
  const directory = cachePath(config.cache)
  const { copies: lists, missing } = await readKeptLists(config)
  const cache = directory === undefined ? undefined : createRuleCache(directory, [...files, ...urls])
  const before = previous ?? (await cache?.read())
  const ruleSet = await loadRules({ files, lists, scope, default: wanted, previous: before, key: randomPrintKey(), io })
  let kept = before
  return {
    config,
    ruleSet,
    missing,
    async keepRules(current) {
      if (current.size < FEWEST_CACHED_RULES || (kept !== undefined && hasSameRules(current, kept))) return
      await cache?.write(current)
      kept = current
    },
  }
}

/** Who asks about rules must know that some are not there. */
export function sayMissing(missing: readonly string[]): void {
  for (const name of missing) {
    process.stderr.write(`veilgate: list ${name} has no copy yet (start fetches it): its rules are not among these\n`)
  }
}

/**
 * The effective configuration: options over the file over the defaults.
 *
 * @param between a layer over the file and below the options
 * @throws {InputError} the file is wrong, or the whole would be an open proxy
 */
export async function loadConfig(options: StartOptions, between: Settings = {}): Promise<Config> {
  const shipped = { rules: { files: [SHIPPED_RULES] } }
  const config = mergeSettings(shipped, await fileSettings(options.config), between, toSettings(options))
  refuseOpenProxy(config)
  refuseUnsafeRouting(config)
  return config
}

async function fileSettings(file: string | undefined): Promise<Settings> {
  if (file === undefined) return {}
  // the parser of the file takes longer to load than all the rest of the command line
  const { loadConfigFile } = await import('../config/load.js')
  return loadConfigFile(file)
}
