import type { RuleAction } from '../rules/rule.js'
import { readClashProvider } from './clash-provider.js'
import { readClashRule } from './clash-rule.js'
import {
  append,
  type Draft,
  type FindFiles,
  type Imported,
  type Place,
  type Skipped,
  type SourceFile,
  type Subscription,
  skip,
} from './imported.js'
import { orderRules } from './order-rules.js'
import { parseYamlTree, type YamlNode } from './yaml-tree.js'

/**
 * clash and mihomo: `rules:` of a configuration, whose first match decides, and
 * rule providers (`payload:`, or a line each), which block. `REJECT` and its kin
 * block; `DIRECT` and proxies are allowed only where a later rule would block.
 */
export function importClash(files: readonly SourceFile[], find: FindFiles): Imported {
  const read = files.map((file) => readFile(file, find))
  const defaults = read.flatMap(({ defaultAction }) => defaultAction ?? [])
  return {
    rules: read.flatMap(({ rules }) => rules),
    lists: read.flatMap(({ lists }) => lists),
    skipped: read.flatMap(({ skipped }) => skipped),
    ...(defaults.length > 0 && { defaultAction: defaults.includes('block') ? 'block' : 'allow' }),
  }
}

function readFile(file: SourceFile, find: FindFiles): Imported {
  const tree = /^(?:rules|payload|rule-providers)\s*:/m.test(file.text) ? parseYamlTree(file.text) : undefined
  if (tree !== undefined && !('root' in tree))
    return { rules: [], lists: [], skipped: [skip({ file: file.name, line: tree.line }, tree.message, 'YAML')] }
  if (tree?.root.at('rules') !== undefined) return readConfiguration(file, tree.root, find)
  const { drafts, skipped } = readClashProvider(file, 'block')
  return { rules: drafts.map(({ action, ...rule }) => ({ ...rule, level: action })), lists: [], skipped }
}

/** Rules in order, up to the `MATCH` that ends them. */
function readConfiguration(file: SourceFile, root: YamlNode, find: FindFiles): Imported {
  const drafts: Draft[] = []
  const skipped: Skipped[] = []
  const providers: (Place & { readonly list: Subscription; readonly text: string })[] = []
  let defaultAction: RuleAction = 'allow'
  const rules = root.at('rules')?.items() ?? []
  for (const [i, node] of rules.entries()) {
    const text = node.text ?? ''
    const place = { file: file.name, line: node.line }
    const [type = '', value = '', policy = ''] = text.split(',').map((word) => word.trim())
    if (type === 'MATCH' || type === 'FINAL') {
      defaultAction = actionOf(value, root)
      for (const after of rules.slice(i + 1))
        skipped.push(
          skip({ file: file.name, line: after.line }, 'stands behind MATCH, which ends the rules', after.text ?? ''),
        )
      break
    }
    if (type === 'RULE-SET') readRuleSet(value, actionOf(policy, root), place, text)
    else {
      const read = readClashRule(text, place, (name) => actionOf(name, root))
      if ('reason' in read) skipped.push(skip(place, read.reason, text))
      else append(drafts, read.drafts)
    }
  }
  const ordered = orderRules(drafts, defaultAction, { idleAllow: ROUTES })
  // an allow list would lift every block: it is wanted where all else is blocked
  const idle = providers.filter(({ list }) => list.action === 'allow' && defaultAction === 'allow')
  return {
    rules: ordered.rules,
    lists: providers.filter((provider) => !idle.includes(provider)).map(({ list }) => list),
    defaultAction,
    skipped: [...skipped, ...ordered.skipped, ...idle.map((provider) => skip(provider, ROUTES, provider.text))],
  }

  function readRuleSet(name: string, action: RuleAction, place: Place, text: string): void {
    const provider = root.at('rule-providers', name)
    const url = provider?.at('url')?.text
    const inline = provider?.at('payload')
    const path = provider?.at('path')?.text
    const [local] = path === undefined ? [] : find(path, file)
    if (inline !== undefined || local !== undefined) {
      const behavior = provider?.at('behavior')?.text
      const read = readClashProvider(local ?? file, action, { inline, behavior })
      append(drafts, read.drafts)
      append(skipped, read.skipped)
    } else if (url !== undefined && /^https?:/.test(url)) {
      if (!/\.mrs(?:$|\?)/.test(url) && provider?.at('format')?.text !== 'mrs')
        providers.push({ ...place, list: { url, action, title: name }, text })
      else skipped.push(skip(place, 'the provider is in a binary form: take its text form', text))
    } else skipped.push(skip(place, 'the provider is not here: name its file in the configuration', text))
  }
}

/** A policy that rejects, or a group whose first member does: that is what it does until somebody chooses. */
function actionOf(policy: string, root: YamlNode, depth = 0): RuleAction {
  if (/^reject(?:-.*)?$/i.test(policy)) return 'block'
  const group = root
    .at('proxy-groups')
    ?.items()
    .find((node) => node.at('name')?.text === policy)
  const first = group?.at('proxies')?.items()[0]?.text
  return first === undefined || depth > MAX_GROUPS ? 'allow' : actionOf(first, root, depth + 1)
}

/** Groups may name each other in a circle. */
const MAX_GROUPS = 8
const ROUTES = 'chooses a way out, which is no matter of rule files, and blocks nothing'
