import { createUpstreamAuthorityReader } from '../config/authority-file.js'
import { counted } from '../counted.js'
import { InputError } from '../errors.js'
import { anonymousLines, anonymousPaths } from './egress-report.js'
import { escaped } from './escaped.js'
import { loadConfig, loadSetup, sayMissing } from './load.js'
import type { ConfigView, StartOptions } from './options.js'

/**
 * `veilgate config VIEW`.
 *
 * @returns the exit code
 * @throws {InputError} a fault in the configuration or the rules
 */
export async function config(view: ConfigView, options: StartOptions): Promise<number> {
  switch (view) {
    case 'print':
      return print(options)
    case 'check':
      return check(options)
    case 'defaults':
      return defaults(options)
    case 'schema':
      return schema()
  }
}

async function print(options: StartOptions): Promise<number> {
  const { printConfig, toFileForm } = await import('../config/print.js')
  const effective = await loadConfig(options)
  return write(options.json ? toJson(toFileForm(effective)) : printConfig(effective))
}

async function check(options: StartOptions): Promise<number> {
  if (options.json) return checkAsJson(options)
  const { config: effective, ruleSet, missing } = await loadSetup(options)
  createUpstreamAuthorityReader()(effective)
  sayMissing(missing)
  for (const line of anonymousLines(effective)) process.stderr.write(`veilgate: ${escaped(line)}\n`)
  process.stderr.write(`veilgate: configuration and rules are in order, ${counted(ruleSet.size, 'rule')}\n`)
  return 0
}

/** One document either way, so that a reader need not look elsewhere for what is wrong. */
async function checkAsJson(options: StartOptions): Promise<number> {
  try {
    const { config: effective, ruleSet } = await loadSetup(options)
    createUpstreamAuthorityReader()(effective)
    return write(toJson({ ok: true, rules: ruleSet.size, problems: [], anonymous: anonymousPaths(effective) }))
  } catch (error) {
    if (error instanceof InputError) write(toJson({ ok: false, rules: 0, problems: error.problems }))
    throw error
  }
}

async function defaults(options: StartOptions): Promise<number> {
  const { printDefaults, toFileForm } = await import('../config/print.js')
  const { DEFAULT_CONFIG } = await import('../config/config.js')
  return write(options.json ? toJson(toFileForm(DEFAULT_CONFIG)) : printDefaults())
}

async function schema(): Promise<number> {
  const { FILE_SCHEMA_JSON } = await import('../config/schema.js')
  return write(toJson(FILE_SCHEMA_JSON))
}

function write(text: string): number {
  process.stdout.write(text)
  return 0
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
