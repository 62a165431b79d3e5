import { parseClash } from '../rules/formats/clash.js'
import { forEachLine } from '../rules/lines.js'
import type { RuleAction } from '../rules/rule.js'
import { readClashRule } from './clash-rule.js'
import { type Draft, type Skipped, type SourceFile, skip } from './imported.js'
import { parseYamlTree, type YamlNode } from './yaml-tree.js'

export type ClashProvider = { readonly drafts: readonly Draft[]; readonly skipped: readonly Skipped[] }

/**
 * A rule provider: `payload:` with a rule an item, or a rule a line. An item is a
 * `TYPE,value` (classical), a name (domain: `+.x`, `.x`, `*.x`) or a range (ipcidr).
 *
 * @param inline the payload itself, where it stands in the configuration
 */
export function readClashProvider(
  file: SourceFile,
  action: RuleAction,
  { inline, behavior }: { readonly inline?: YamlNode | undefined; readonly behavior?: string | undefined } = {},
): ClashProvider {
  const drafts: Draft[] = []
  const skipped: Skipped[] = []
  for (const { text, line } of inline === undefined ? itemsOf(file) : nodesOf(inline)) {
    const place = { file: file.name, line }
    const read =
      behavior !== 'domain' && /^[A-Z][A-Z0-9-]*,/.test(text)
        ? readClashRule(text, place, () => action)
        : readItem(text, { ...place, action, text })
    if ('reason' in read) skipped.push(skip(place, read.reason, text))
    else drafts.push(...read.drafts)
  }
  return { drafts, skipped }
}

function readItem(text: string, rule: Omit<Draft, 'pattern'>) {
  const parsed = parseClash(`- ${text}`)
  if (parsed?.kind === 'rules') return { drafts: parsed.patterns.map((pattern) => ({ ...rule, pattern })) }
  return { reason: parsed?.kind === 'problem' ? parsed.message : 'no rule of a provider' }
}

type Item = { readonly text: string; readonly line: number }

function itemsOf(file: SourceFile): readonly Item[] {
  if (/^payload\s*:/m.test(file.text)) {
    const simple = simpleItems(file.text)
    if (simple !== undefined) return simple
    const tree = parseYamlTree(file.text)
    return 'root' in tree ? nodesOf(tree.root.at('payload')) : []
  }
  const items: Item[] = []
  forEachLine(file.text, (raw, line) => {
    const text = raw.replace(/\s+(?:#|\/\/).*$/, '').trim()
    if (text !== '' && !/^(?:#|;|\/\/|\[)/.test(text)) items.push({ text, line })
  })
  return items
}

/** A payload whose every line is one plain item, as published ones are: they are long, and YAML's tree is slow to grow. */
function simpleItems(text: string): readonly Item[] | undefined {
  const items: Item[] = []
  let isSimple = true
  forEachLine(text, (raw, line) => {
    const item = SIMPLE_ITEM.exec(raw)
    if (item !== null) items.push({ text: item[1] ?? item[2] ?? item[3] ?? '', line })
    else if (!/^\s*(?:#.*)?$|^payload\s*:\s*(?:#.*)?$/.test(raw)) isSimple = false
  })
  return isSimple ? items : undefined
}

function nodesOf(payload: YamlNode | undefined): readonly Item[] {
  return payload?.items().flatMap(({ text, line }) => (text === undefined ? [] : [{ text, line }])) ?? []
}

/** In quotes without escapes, or bare and without what YAML could take for something else. */
const SIMPLE_ITEM =
  /^\s*-\s+(?:'([^']*)'|"([^"\\]*)"|([\w.+/][^\s#'"{}[\]&*!|>%@`]*[^\s#'"{}[\]&*!|>%@`:]))\s*(?:\s#.*)?$/
