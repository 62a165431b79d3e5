import { randomPrintKey } from '../compile-rules.js'
import { cachePath } from '../config/cache-directory.js'
import type { Config } from '../config/config.js'
import { loadRules } from '../config/load-rules.js'
import { createRuleCache, FEWEST_CACHED_RULES } from '../config/rule-cache.js'
import type { RuleFilesIo } from '../config/rule-text.js'
import { mergeSettings, refuseOpenProxy, type Settings } from '../config/settings.js'
import { SHIPPED_RULES } from '../config/shipped-rules.js'
import type { RuleSet } from '../rules/rule.js'
import { hasSameRules } from '../rules/rule-set.js'
import { type StartOptions, toSettings } from './options.js'

/** All that a running proxy is made of, read anew by every reload. */
export type Setup = {
  readonly config: Config
  readonly ruleSet: RuleSet
  /** Keeps the rules for the next start, where they are many and not kept as they are. @throws {Error} why it cannot */
  readonly keepRules: () => Promise<void>
}

/**
 * Configuration and rules as the options say, whole.
 *
 * @param io where `--rules -` comes from; default standard input, which can be read once
 * @param previous the rules in force, whose unchanged lists are not parsed again
 * @throws {InputError} either is wrong or cannot be read
 */
export async function loadSetup(options: StartOptions, io: RuleFilesIo = {}, previous?: RuleSet): Promise<Setup> {
  const config = await loadConfig(options)
  const { files, scope, default: wanted } = config.rules
  const directory = cachePath(config.cache)
  const cache = directory === undefined ? undefined : createRuleCache(directory, files)
  const before = previous ?? (await cache?.read())
  const ruleSet = await loadRules({ files, scope, default: wanted, previous: before, key: randomPrintKey(), io })
  const isKept = ruleSet.size < FEWEST_CACHED_RULES || (before !== undefined && hasSameRules(ruleSet, before))
  return {
    config,
    ruleSet,
    keepRules: async () => {
      if (!isKept) await cache?.write(ruleSet)
    },
  }
}

/**
 * The effective configuration: options over the file over the defaults.
 *
 * @throws {InputError} the file is wrong, or the whole would be an open proxy
 */
export async function loadConfig(options: StartOptions): Promise<Config> {
  const shipped = { rules: { files: [SHIPPED_RULES] } }
  const config = mergeSettings(shipped, await fileSettings(options.config), toSettings(options))
  refuseOpenProxy(config)
  return config
}

async function fileSettings(file: string | undefined): Promise<Settings> {
  if (file === undefined) return {}
  // the parser of the file takes longer to load than all the rest of the command line
  const { loadConfigFile } = await import('../config/load.js')
  return loadConfigFile(file)
}
