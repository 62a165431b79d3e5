import { forEachLine } from '../rules/lines.js'
import type { RuleAction } from '../rules/rule.js'
import {
  createGroups,
  type FindFiles,
  type Imported,
  type ImportedRule,
  type Skipped,
  type SourceFile,
  skip,
} from './imported.js'
import { orderRules } from './order-rules.js'
import { readAccess } from './squid/access.js'
import { dstdomain, readAcls } from './squid/acl.js'
import { type Directive, isDomainList, readDirectives } from './squid/directives.js'

/**
 * squid.conf, with the files that its acls and includes name, and lists of
 * domains alone. `http_access` lines hold in their order, the first that matches
 * decides; acls that ask for more than the target are reported.
 */
export function importSquid(files: readonly SourceFile[], find: FindFiles): Imported {
  const read = files.map((file) => (isDomainList(file) ? readDomainList(file) : readConfiguration(file, find)))
  const defaults = read.flatMap(({ defaultAction }) => defaultAction ?? [])
  return {
    rules: read.flatMap(({ rules }) => rules),
    lists: [],
    skipped: read.flatMap(({ skipped }) => skipped),
    ...(defaults.length > 0 && { defaultAction: defaults.includes('block') ? 'block' : 'allow' }),
  }
}

function readDomainList(file: SourceFile): Imported {
  const rules: ImportedRule[] = []
  const skipped: Skipped[] = []
  forEachLine(file.text, (raw, line) => {
    const [, text = '', reason] = /^\s*([^#\s]*)\s*(?:#\s*(.*?))?\s*$/.exec(raw) ?? []
    if (text === '') return
    const place = { file: file.name, line }
    const parsed = dstdomain(text)
    if ('reason' in parsed) skipped.push(skip(place, parsed.reason, text))
    else rules.push({ ...place, level: 'block', pattern: parsed.pattern, reason, text })
  })
  return { rules, lists: [], skipped }
}

function readConfiguration(file: SourceFile, find: FindFiles): Imported {
  const directives = readDirectives(file, find)
  const { acls, declared, skipped: inAcls } = readAcls(directives, find)
  const access = readAccess(directives, acls)
  const ordered = orderRules(access.drafts, access.defaultAction ?? 'allow')
  const unused = [...declared].filter(([name, { words }]) => !access.used.has(name) && isAboutTargets(words[1]))
  return {
    rules: ordered.rules,
    lists: [],
    ...(access.defaultAction !== undefined && { defaultAction: access.defaultAction satisfies RuleAction }),
    skipped: [
      ...inAcls,
      ...access.skipped,
      ...ordered.skipped,
      ...unused.map(([name, directive]) => skip(directive, 'no http_access line uses this acl', `acl ${name}`)),
      ...otherDirectives(directives),
    ],
  }
}

/** Others are told where a line needs them. */
function isAboutTargets(type = ''): boolean {
  return /^(?:dst|dstdomain|dstdom_regex|url_regex|urlpath_regex)$/.test(type)
}

/** Once for each directive: a squid.conf has hundreds of lines about caching. */
function otherDirectives(directives: readonly Directive[]): readonly Skipped[] {
  const groups = createGroups()
  for (const { name, file, line } of directives)
    if (name !== 'acl' && name !== 'http_access') groups.add({ file, line }, reasonOf(name), name)
  return groups.list()
}

function reasonOf(name: string): string {
  return DIRECTIVES.find(([names]) => names.test(name))?.[1] ?? 'a directive that is no rule'
}

const DIRECTIVES: readonly (readonly [names: RegExp, reason: string])[] = [
  [/^include$/, 'the included file is not here'],
  [/^(?:http|https)_port$/, 'where to listen: write it to listen in veilgate.yaml'],
  [/^(?:cache_peer.*|never_direct|always_direct|prefer_direct)$/, 'parent proxies come later'],
  [
    /^(?:refresh_pattern|cache.*|maximum_object.*|minimum_object.*|memory_.*|collapsed_forwarding|range_offset_limit)$/,
    'veilgate keeps no copies',
  ],
  [/^(?:auth_param|external_acl_type|authenticate_.*)$/, 'users come later'],
  [/^(?:url_rewrite.*|redirect.*|store_id.*)$/, 'programs that rewrite URLs have no place here'],
  [/^(?:request_header.*|reply_header.*|forwarded_for|via|header_replace)$/, 'headers: see headers in veilgate.yaml'],
  [/^(?:access_log|logformat|logfile.*|cache_log|debug_options)$/, 'logs: see log in veilgate.yaml'],
]
