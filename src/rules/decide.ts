import { isIP } from 'node:net'
import type { HostPattern, Pattern } from './pattern.js'
import type { RuleAction, RuleLevel, RuleMatch } from './rule.js'

/**
 * Precedence (contract §2), stated here and nowhere else:
 *
 * 1. the level: `allow!` > `block!` > `allow` > `block` > the default;
 * 2. within a level the most specific: exact host:port > exact host > URL >
 *    address > longer CIDR > longer suffix > glob > regex;
 * 3. then the first file, the first line.
 *
 * Steps 1 and 2 are one number, the strength of a rule; step 3 is the order of
 * rule ids.
 */
const LEVELS = ['block', 'allow', 'block!', 'allow!'] as const satisfies readonly RuleLevel[]

/** More than any specificity. */
const STRENGTHS_PER_LEVEL = 2048

const REGEX = 0
const GLOB = 2
const SUFFIX = 4 // + 2 for every octet, at most 253
const CIDR = 600 // + 2 for every bit, at most 128
const ADDRESS = 1000
const URL = 1100
const HOST = 1200
const HOST_AND_PORT = 1300

export function strengthOf(action: RuleAction, important: boolean, pattern: Pattern): number {
  return LEVELS.indexOf(important ? `${action}!` : action) * STRENGTHS_PER_LEVEL + specificityOf(pattern)
}

export function levelOf(strength: number): RuleLevel {
  return LEVELS[Math.floor(strength / STRENGTHS_PER_LEVEL)] ?? 'default'
}

export function actionOf(level: RuleLevel, defaultAction: RuleAction): RuleAction {
  if (level === 'default') return defaultAction
  return level.startsWith('allow') ? 'allow' : 'block'
}

/** True where `level` alone beats anything of the level `other`. */
export function outranks(level: RuleLevel, other: RuleLevel): boolean {
  return rankOf(level) > rankOf(other)
}

/** The port a rule is limited to, 0 for any. */
export function portOf(pattern: Pattern): number {
  if (pattern.kind === 'url') return pattern.host.port
  return pattern.kind === 'regex' || pattern.kind === 'branches' ? 0 : pattern.port
}

/**
 * `denyallow`: the rule leaves these hosts and their subdomains alone. A name
 * that ends in `.*` stands for itself under any suffix.
 */
export function isExcepted(host: string, except: readonly string[]): boolean {
  if (isIP(host) !== 0) return except.includes(host)
  return except.some((name) =>
    name.endsWith('.*') ? `.${host}`.includes(`.${name.slice(0, -1)}`) : host === name || host.endsWith(`.${name}`),
  )
}

/** Equal for matches of one line, which is one answer to the question which rules matched. */
export function isSameLine(a: RuleMatch | undefined, b: RuleMatch): boolean {
  return a !== undefined && a.line === b.line && a.list === b.list && a.level === b.level
}

function specificityOf(pattern: Pattern): number {
  switch (pattern.kind) {
    case 'regex':
    case 'branches':
      return REGEX
    case 'url':
      return URL + portBonus(pattern.host)
    case 'glob':
      return GLOB + portBonus(pattern)
    case 'suffix':
      return SUFFIX + 2 * pattern.suffix.length + portBonus(pattern)
    case 'host':
      return pattern.port === 0 ? HOST : HOST_AND_PORT
    case 'address': {
      const { family, prefix } = pattern.cidr
      const single = prefix === (family === 4 ? 32 : 128)
      if (single) return pattern.port === 0 ? ADDRESS : HOST_AND_PORT
      return CIDR + 2 * prefix + portBonus(pattern)
    }
  }
}

/** Of two equally specific rules the one for a port says more. */
function portBonus({ port }: HostPattern): number {
  return port === 0 ? 0 : 1
}

function rankOf(level: RuleLevel): number {
  return level === 'default' ? -1 : LEVELS.indexOf(level)
}
