import { InputError, type Problem } from '../errors.js'
import { checkIsolation, type IsolationConfig } from '../policy/isolation.js'
import { checkRouting, proveAnonymous, type RoutingConfig, type RoutingFault } from '../policy/routing-graph.js'
import { DIRECT } from '../policy/upstream-settings.js'
import { createFirstMatch, parseHostRule } from '../rules/first-match.js'
import { type GlobToken, globToRegex, tokenizeGlob } from '../rules/glob-syntax.js'
import type { Pattern } from '../rules/pattern.js'
import type { RuleQuery } from '../rules/rule.js'
import type { Config } from './config.js'

/** All that is wrong with upstreams and routes, patterns included. */
export function routingFaults(config: IsolationConfig): readonly RoutingFault[] {
  const patterns = config.route.flatMap(({ match }, i) => match.flatMap((pattern, j) => patternFault(pattern, i, j)))
  const faults = [...checkRouting(config), ...patterns]
  return faults.length > 0 ? faults : [...checkIsolation(config), ...proveAnonymous(config), ...findShadowed(config)]
}

/**
 * Nothing that would leave otherwise than was meant gets as far as a socket:
 * neither at a start nor by a reload.
 *
 * @throws {InputError} with every fault
 */
export function refuseUnsafeRouting(config: IsolationConfig): void {
  const problems = routingFaults(config).map(toProblem)
  if (problems.length > 0) throw new InputError(problems)
}

/**
 * A file that was cut short, or written to while it was read, says nothing of routes and is in order: what left through
 * upstreams would go direct from then on without anybody having written so.
 *
 * @throws {InputError} what is in force routes into upstreams, and what shall be has no route
 */
export function refuseLostRoutes(before: Pick<Config, 'route'>, after: Pick<Config, 'route'>): void {
  if (after.route.length > 0 || before.route.every(({ via }) => via === DIRECT)) return
  const message = 'no route is left, so that all would go direct instead of through upstreams'
  const fix = 'write route: [{ match: ["*"], via: direct }] if it shall'
  throw new InputError([toProblem({ path: ['route'], message, fix })])
}

/** First match wins: patterns of an anonymous route that an earlier one, which is none, takes. */
function findShadowed({ route }: RoutingConfig): readonly RoutingFault[] {
  const lists = route.map(({ match }) => match.map(patternsOf))
  const firstMatch = createFirstMatch(lists.map((list) => list.flat()))
  // of a pattern for which no target can be made up it is known where a route before takes whatever comes
  const takersOfAll = WEB_PORTS.flatMap((port) => {
    const [taken = -1, ...others] = UNLIKE.map((host) => firstMatch(queryOf(host, port)))
    return others.every((other) => other === taken) ? [taken] : []
  })
  return route.flatMap(({ anonymous, match }, i) =>
    (anonymous ? (lists[i] ?? []) : []).flatMap((patterns, j) => {
      const examples = patterns.flatMap(exampleOf).flatMap(onWebPorts).map(firstMatch)
      const takers = examples.length > 0 ? examples : takersOfAll
      const taker = takers.find((first) => first !== -1 && first < i && !route[first]?.anonymous)
      if (taker === undefined) return []
      const message = `${JSON.stringify(match[j])} is marked anonymous, and route ${taker + 1}, which is not, takes it before`
      return [{ path: ['route', i, 'match', j], message, fix: `write this route before route ${taker + 1}` }]
    }),
  )
}

function patternsOf(text: string): readonly Pattern[] {
  const parsed = parseHostRule(text)
  return 'kind' in parsed ? [] : parsed
}

/** Targets that a pattern of a route matches, where one can be made up. */
export function exampleTargets(text: string): readonly RuleQuery[] {
  return patternsOf(text).flatMap(exampleOf)
}

/** A target that the pattern matches (on port 0: on any), and that nobody names in an exception; none for what is hard to make up. */
function exampleOf(pattern: Pattern): readonly RuleQuery[] {
  switch (pattern.kind) {
    case 'host':
      return [queryOf(pattern.host, pattern.port)]
    case 'suffix':
      return [queryOf(`${UNNAMED}.${pattern.suffix}`, pattern.port)]
    case 'address':
      return [{ ...queryOf(pattern.cidr.address, pattern.port), family: pattern.cidr.family }]
    case 'glob':
      return [queryOf(tokenizeGlob(pattern.glob).map(exampleText).join(''), pattern.port)]
    default:
      return []
  }
}

function exampleText(token: GlobToken): string {
  switch (token.kind) {
    case 'literal':
      return token.text
    case 'one':
      return 'x'
    case 'class': {
      const one = new RegExp(globToRegex(`[${token.negated ? '!' : ''}${token.body}]`))
      return [...LABEL_CHARACTERS].find((c) => one.test(c)) ?? ''
    }
    default:
      return UNNAMED
  }
}

const UNNAMED = 'veilgate-example-host'
const LABEL_CHARACTERS = 'xyzabcdefghijklmnopqrstuvw0123456789-_.'
/** Who names a host and no port means its pages in clear as well. */
const WEB_PORTS = [443, 80] as const

function onWebPorts(query: RuleQuery): readonly RuleQuery[] {
  return query.port === 0 ? WEB_PORTS.map((port) => ({ ...query, port })) : [query]
}

/** Hosts that have nothing in common: what takes all of them takes all. */
const UNLIKE = [UNNAMED, '0.invalid', 'zz.xn--p1ai'] as const

function queryOf(host: string, port: number): RuleQuery {
  return { host, port, family: 0, path: undefined }
}

function patternFault(pattern: string, i: number, j: number): readonly RoutingFault[] {
  const parsed = parseHostRule(pattern)
  return 'kind' in parsed ? [{ path: ['route', i, 'match', j], message: parsed.message, fix: parsed.fix }] : []
}

function toProblem({ path, message, fix }: RoutingFault): Problem {
  const place = path.map((part) => (typeof part === 'number' ? part + 1 : part)).join('.')
  return { file: place, line: 0, column: 0, message, fix }
}
