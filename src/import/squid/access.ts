import type { RuleAction } from '../../rules/rule.js'
import { type Draft, type Skipped, skip } from '../imported.js'
import type { Acl, AclEntry } from './acl.js'
import type { Directive } from './directives.js'
import { onPorts, portEntries } from './port-entries.js'
import { servedClients } from './served-clients.js'

export type Access = {
  /** Strongest first. */
  readonly drafts: readonly Draft[]
  /** Undefined where there is no `http_access`. */
  readonly defaultAction: RuleAction | undefined
  readonly skipped: readonly Skipped[]
  /** Names of acls that lines use. */
  readonly used: ReadonlySet<string>
}

/** `http_access` lines → rules in their order, the first that matches decides; without any match the opposite of the last line holds. */
export function readAccess(directives: readonly Directive[], acls: ReadonlyMap<string, Acl>): Access {
  const lines = directives
    .filter(({ name }) => name === 'http_access')
    .map((directive) => ({
      directive,
      action: directive.words[0] === 'allow' ? ('allow' as const) : ('block' as const),
      names: directive.words.slice(1),
    }))
  const used = new Set(lines.flatMap(({ names }) => names.map((name) => name.replace(/^!/, ''))))
  const last = lines.at(-1)
  if (last === undefined) return { drafts: [], defaultAction: undefined, skipped: [], used }

  const served = servedClients(
    lines.filter(({ names }) => !names.some((name) => name.replace('!', '') === 'manager')),
    acls,
  )
  const skipped: Skipped[] = [...served].flatMap((name) => {
    const acl = acls.get(name)
    const directive = directives.find(({ words }) => words[0] === name)
    if (directive === undefined || acl?.kind !== 'who') return []
    return [skip(directive, acl.type === 'src' ? SERVED : USERS, `acl ${name} ${acl.type} ${acl.values.join(' ')}`)]
  })

  let drafts: Draft[] = []
  let defaultAction: RuleAction = last.action === 'allow' ? 'block' : 'allow'
  for (const { directive, action, names } of lines.toReversed()) {
    const other = action === 'allow' ? 'block' : 'allow'
    const toDraft = (entry: AclEntry, of: RuleAction): Draft => ({ ...entry, action: of })
    const condition = conditionOf(directive, names, acls, served)
    if (condition.kind === 'nobody') continue
    if (condition.kind === 'everything') {
      drafts = []
      defaultAction = action
    } else if (condition.kind === 'targets') {
      drafts = [...condition.entries.map((entry) => toDraft(entry, action)), ...drafts]
    } else if (condition.kind === 'unknown') {
      skipped.push(skip(directive, condition.reason, directive.text))
    } else if (
      condition.kind === 'others' &&
      defaultAction === other &&
      drafts.every((draft) => draft.action === action)
    ) {
      // `deny !x` leaves the lines below to x alone: x is let through behind them, and the rest is denied
      drafts = [...drafts, ...condition.entries.map((entry) => toDraft(entry, other))]
      defaultAction = action
    } else if (
      condition.kind === 'except' &&
      defaultAction === other &&
      drafts.every((draft) => draft.action === other)
    ) {
      // `deny a !x`, where all that is left below is let through: x first, then a
      const exceptions = condition.except.map((entry) => toDraft(entry, other))
      drafts = [...exceptions, ...condition.entries.map((entry) => toDraft(entry, action)), ...drafts]
    } else skipped.push(skip(directive, NESTED, directive.text))
  }
  return { drafts, defaultAction, skipped, used }
}

type Condition =
  | { readonly kind: 'everything' }
  /** Only those who may not use the proxy anyway. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'targets' | 'others'; readonly entries: readonly AclEntry[] }
  | { readonly kind: 'except'; readonly entries: readonly AclEntry[]; readonly except: readonly AclEntry[] }
  | { readonly kind: 'unknown'; readonly reason: string }

/** What all acls of a line together ask for. `others`: every target but these; `except`: these but those. */
function conditionOf(
  directive: Directive,
  names: readonly string[],
  acls: ReadonlyMap<string, Acl>,
  served: ReadonlySet<string>,
): Condition {
  const rest = names.filter((name) => !served.has(name) && acls.get(name)?.kind !== 'everything')
  const [name = '', other = ''] = rest
  if (names.some((each) => each.startsWith('!') && served.has(each.slice(1)))) return { kind: 'nobody' }
  if (rest.length === 0) return { kind: 'everything' }
  // what rules could never see says more than who asks
  const isWho = (each: string) => acls.get(each.replace(/^!/, ''))?.kind === 'who'
  const inOrder = [...rest.filter((each) => !isWho(each)), ...rest.filter(isWho)]
  const unknown = inOrder.map((each) => reasonFor(each, rest, acls)).find((reason) => reason !== undefined)
  if (unknown !== undefined) return { kind: 'unknown', reason: unknown }

  const [first, second] = [name, other].map((each) => acls.get(each.replace(/^!/, '')))
  if (rest.length === 1 && first?.kind === 'targets')
    return { kind: name.startsWith('!') ? 'others' : 'targets', entries: first.entries }
  if (rest.length === 2 && first?.kind === 'targets' && second?.kind === 'targets' && other.startsWith('!'))
    return name.startsWith('!')
      ? { kind: 'unknown', reason: TOGETHER }
      : { kind: 'except', entries: first.entries, except: second.entries }
  const entries = rest.length === 1 && first?.kind === 'ports' ? portEntries(directive, name, first.values) : undefined
  const both = rest.length === 2 ? (targetsOnPorts(first, second) ?? targetsOnPorts(second, first)) : undefined
  const found = entries ?? both
  return found === undefined ? { kind: 'unknown', reason: TOGETHER } : { kind: 'targets', entries: found }
}

function targetsOnPorts(targets: Acl | undefined, ports: Acl | undefined): readonly AclEntry[] | undefined {
  return targets?.kind === 'targets' && ports?.kind === 'ports' ? onPorts(targets.entries, ports.values) : undefined
}

/** Why a line with this acl cannot be kept; undefined where it can. */
function reasonFor(name: string, all: readonly string[], acls: ReadonlyMap<string, Acl>): string | undefined {
  const acl = acls.get(name.replace(/^!/, ''))
  if (acl === undefined) return `there is no acl ${name}`
  if (acl.kind === 'who') return 'asks who the client is; policy by client comes later'
  if (acl.kind === 'everything') return 'the opposite of everything is nothing'
  if (acl.kind === 'ports' && name.startsWith('!')) {
    const option = all.includes('CONNECT') ? '--connect-ports' : '--http-ports'
    return `which ports are open: ${option} ${acl.values.join(',')}`
  }
  const isForPorts = all.some((each) => each.startsWith('!') && acls.get(each.slice(1))?.kind === 'ports')
  if (name === 'CONNECT' && isForPorts) return undefined
  return acl.kind === 'unknown' ? (TYPES[acl.type] ?? `asks for ${acl.type}, which rules do not see`) : undefined
}

const SERVED = 'who may use the proxy: write it to clients.allow'
const USERS = 'users come later: until then clients.allow alone says who may use the proxy'
const NESTED = 'an exception inside of lines that decide otherwise has no form here'
const TOGETHER = 'several conditions together have no form here'
const TYPES: Readonly<Record<string, string>> = {
  time: 'holds at some times only; schedules come later',
  manager: 'pages of Squid itself, which veilgate does not have',
  to_localhost: 'the egress guard refuses these addresses already',
  to_linklocal: 'the egress guard refuses these addresses already',
}
