import { randomPrintKey } from '../compile-rules.js'
import type { Config } from '../config/config.js'
import { loadRules } from '../config/load-rules.js'
import type { RuleFilesIo } from '../config/rule-text.js'
import { mergeSettings, refuseOpenProxy, type Settings } from '../config/settings.js'
import { SHIPPED_RULES } from '../config/shipped-rules.js'
import type { RuleSet } from '../rules/rule.js'
import { type StartOptions, toSettings } from './options.js'

/** All that a running proxy is made of, read anew by every reload. */
export type Setup = { readonly config: Config; readonly ruleSet: RuleSet }

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
  return { config, ruleSet: await loadRules({ files, scope, default: wanted, previous, key: randomPrintKey(), io }) }
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
