import { type ParsedLine, type ParsedRules, problemAt, skipped } from '../parsed-line.js'
import { type Pattern, type PatternProblem, parsePattern } from '../pattern.js'
import { regexRule } from './regex.js'

/**
 * Adblock syntax for hosts: `||x^`, `@@||x^`, `|x`, `x^`, `/re/$modifiers`.
 * What depends on a browser (paths, request types, pages) is skipped, and a
 * modifier that is not known here disables its rule whole: without it the rule
 * would say more than its author meant.
 *
 * @param line trimmed
 */
export function parseAdblock(line: string): ParsedLine | undefined {
  const allow = line.startsWith('@@')
  const dollar = modifierStart(line)
  const body = line.slice(allow ? 2 : 0, dollar === -1 ? line.length : dollar)
  if (!allow && dollar === -1 && !body.startsWith('|') && !/[\^|]$/.test(body)) return undefined
  if (/\s/.test(line)) return undefined

  const modifiers = dollar === -1 ? NO_MODIFIERS : parseModifiers(line.slice(dollar + 1))
  if (modifiers === undefined) return skipped('unknown modifier')
  const regex = /^\/(.+)\/$/.exec(body)?.[1]
  const parsed = regex === undefined ? hostRules(body, allow ? 3 : 1) : regexRule(regex, allow ? 4 : 2)
  if (parsed.kind !== 'rules') return parsed
  return { ...parsed, format: 'adblock', ...modifiers, action: allow ? 'allow' : undefined }
}

/** A rule without the order of its modifiers and without `badfilter`: equal keys, equal rules. */
export function adblockKey(line: string): string {
  const dollar = modifierStart(line)
  if (dollar === -1) return line
  const rest = line
    .slice(dollar + 1)
    .split(',')
    .filter((modifier) => modifier !== 'badfilter')
  return rest.length === 0 ? line.slice(0, dollar) : `${line.slice(0, dollar)}$${rest.toSorted().join(',')}`
}

/** Lower-case bare modifiers that ask for nothing a proxy lacks: `all` is every kind of request. */
type Modifiers = Pick<ParsedRules, 'important' | 'badfilter' | 'except'>

function parseModifiers(text: string): Modifiers | undefined {
  let important = false
  let badfilter = false
  let except: readonly string[] | undefined
  for (const modifier of text.split(',')) {
    if (modifier === 'important') important = true
    else if (modifier === 'badfilter') badfilter = true
    else if (modifier.startsWith('denyallow=')) except = modifier.slice('denyallow='.length).toLowerCase().split('|')
    else if (modifier !== 'all') return undefined
  }
  return { important, ...(badfilter && { badfilter }), ...(except !== undefined && { except }) }
}

/** The `$` before the modifiers, -1 where the rule has none. */
function modifierStart(line: string): number {
  const dollar = line.lastIndexOf('$')
  return dollar > 0 && /^~?[a-z0-9_-]+(?:=[^,]*)?(?:,~?[a-z0-9_-]+(?:=[^,]*)?)*$/i.test(line.slice(dollar + 1))
    ? dollar
    : -1
}

function hostRules(body: string, column: number): ParsedLine {
  const anchor = body.startsWith('||') ? 'label' : body.startsWith('|') ? 'start' : 'none'
  const start = anchor === 'label' ? 2 : anchor === 'start' ? 1 : 0
  const end = /(?:\^\|?|\|)$/.exec(body.slice(start))
  const host = body.slice(start, end === null ? body.length : start + end.index)
  if (host === '') return skipped('empty adblock pattern')
  if (!/^[^\s/^|?=&$~%,;()@#\\]+$/.test(host)) return skipped('adblock pattern for URLs')

  const pattern = anchored(host, anchor, end !== null)
  // what was parsed is not the text as written, so only its start can be pointed at
  if (pattern.kind === 'problem') return problemAt({ ...pattern, at: 0 }, column + start)
  return { kind: 'rules', format: 'adblock', action: undefined, important: false, patterns: [pattern] }
}

/**
 * AdGuard's reading of anchors on a host: `||` starts at a label, `|` at the
 * first character, no anchor anywhere; without an end anchor the rest is free.
 */
function anchored(host: string, anchor: 'label' | 'start' | 'none', ends: boolean): Pattern | PatternProblem {
  if (anchor === 'label' && ends) {
    if (host.startsWith('*.') && !host.includes('*', 2)) return parsePattern(host)
    return host.includes('*') ? parsePattern(`{${host},*.${host}}`) : parsePattern(`.${host}`)
  }
  const tail = ends || host.endsWith('*') ? host : `${host}*`
  if (anchor === 'label') return parsePattern(`{${tail},*.${tail}}`)
  return parsePattern(anchor === 'start' || host.startsWith('*') ? tail : `*${tail}`)
}

const NO_MODIFIERS: Modifiers = { important: false }
