import { parse } from 'tldts'
import { branchesOf } from '../rules/lint/lint-rule.js'
import { parseLine, splitReason } from '../rules/parse.js'
import { type Imported, type ImportedRule, type Skipped, type Subscription, skip } from './imported.js'
import { printPattern } from './print-pattern.js'

export type PrintedRules = {
  /** A native rule file; empty where there is nothing to say. */
  readonly text: string
  /** Lines in it that block, and that allow. */
  readonly blocks: number
  readonly allows: number
  readonly skipped: readonly Skipped[]
}

/**
 * What was imported as a native rule file: rules by the file they come from, each
 * once, reasons behind ` # `. A rule that the native grammar cannot say is skipped.
 *
 * @param origin the name of the tool, for the first line
 */
export function printRules({ rules, defaultAction, lists }: Imported, origin: string): PrintedRules {
  const written = new Set<string>()
  const skipped: Skipped[] = []
  const byFile = new Map<string, string[]>()
  for (const rule of rules) {
    const lines = printRule(rule)
    if (lines === undefined) skipped.push(skip(rule, 'the rule grammar has no form for this', rule.text))
    const fresh = (lines ?? []).filter(({ bare }) => !written.has(bare))
    for (const { bare } of fresh) written.add(bare)
    const texts = byFile.get(rule.file) ?? []
    texts.push(...fresh.map(({ line }) => line))
    byFile.set(rule.file, texts)
  }
  const sections = [...byFile].map(([file, lines]) => [`# from ${oneLine(file)}`, ...lines])
  const head = [
    [`# imported from ${origin} by veilgate import`],
    ...(lists.length > 0 ? [printLists(lists)] : []),
    ...(defaultAction === 'block' ? [['default block']] : []),
  ]
  const isEmpty = written.size === 0 && defaultAction !== 'block'
  const allows = [...written].filter((bare) => bare.startsWith('allow')).length
  return {
    text: isEmpty ? '' : `${[...head, ...sections.filter(({ length }) => length > 1)].map(joined).join('\n\n')}\n`,
    blocks: written.size - allows,
    allows,
    skipped,
  }
}

/** The lines of a rule, with and without its reason; undefined where a line would not be read as what it is. */
function printRule(rule: ImportedRule): readonly { readonly bare: string; readonly line: string }[] | undefined {
  // marks at its start would be read as part of the one before it
  const own = oneLine(rule.reason ?? '').replace(/^[#\s]+/, '')
  const lines = printPattern(rule.pattern, rule.except)?.map((text) => {
    const bare = `${rule.level} ${text}`
    return { bare, line: withReason(bare, own === '' ? reasonFor(rule) : own) }
  })
  // names are most of what there is, and cannot be anything else
  const isName = (rule.pattern.kind === 'host' || rule.pattern.kind === 'suffix') && rule.except === undefined
  return isName || lines?.every(({ bare }) => parseLine(bare).kind === 'rules') ? lines : undefined
}

/** Without the reason where the end of the pattern would then be found at another place, as with some expressions. */
function withReason(bare: string, reason: string | undefined): string {
  if (reason === undefined) return bare
  const line = `${bare} # ${oneLine(reason)}`
  return splitReason(line).text === bare && parseLine(line).kind === 'rules' ? line : bare
}

/** A whole public suffix counts as meant only where the line says why (rules/lint/public-suffix.ts). */
function reasonFor({ pattern, file, line }: ImportedRule): string | undefined {
  const isWide = branchesOf(pattern).some((branch) => {
    if (branch.kind !== 'suffix') return false
    const { publicSuffix, isIcann } = parse(branch.suffix, { allowPrivateDomains: true })
    return isIcann === true && publicSuffix === branch.suffix
  })
  return isWide ? `as in ${file}:${line}` : undefined
}

function printLists(lists: readonly Subscription[]): string[] {
  const names = new Set<string>()
  return [
    '# Lists to subscribe to, in the configuration (veilgate.yaml):',
    '# rules:',
    '#   lists:',
    ...lists.map(({ url, action, title }) => {
      const name = freeName(title ?? /([^/?#]+)(?:[?#].*)?$/.exec(url)?.[1] ?? '', names)
      const what = action === 'allow' ? ', action: allow' : ''
      return `#     ${name}: { url: ${JSON.stringify(oneLine(url))}${what} }`
    }),
  ]
}

/** A name that the configuration takes, and that no other list has. */
function freeName(title: string, taken: Set<string>): string {
  const slug = title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, MAX_NAME)
  const base = slug === '' ? 'list' : slug
  let name = base
  for (let i = 2; taken.has(name); i++) name = `${base}-${i}`
  taken.add(name)
  return name
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
}

function joined(lines: readonly string[]): string {
  return lines.join('\n')
}

const MAX_NAME = 56
