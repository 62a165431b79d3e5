import { modifierReason } from './adguard-modifiers.js'
import {
  append,
  type FindFiles,
  type ImportedRule,
  type Skipped,
  type SourceFile,
  type Subscription,
  skip,
} from './imported.js'
import { readLine, readLines } from './read-lines.js'
import { parseYamlTree, type YamlNode } from './yaml-tree.js'

/**
 * AdGuardHome.yaml: the user's rules, and the lists to subscribe to. What else it
 * says of filtering (rewrites, services, safe search, clients) is reported.
 */
export function readAdGuardHome(file: SourceFile, find: FindFiles) {
  const tree = parseYamlTree(file.text)
  if (!('root' in tree))
    return { rules: [], lists: [], skipped: [skip({ file: file.name, line: tree.line }, tree.message, 'YAML')] }
  const { root } = tree
  const place = (node: YamlNode) => ({ file: file.name, line: node.line })

  const user = itemsOf(root, ['user_rules'], ['filtering', 'user_rules']).map((node) =>
    readLine(node.text ?? '', place(node), { reasonOf: modifierReason }),
  )
  const block = readFilters(file, root.at('filters'), 'block', find)
  const allow = readFilters(file, root.at('whitelist_filters'), 'allow', find)
  return {
    rules: [...user.flatMap(({ rules }) => rules), ...block.rules, ...allow.rules],
    lists: [...block.lists, ...allow.lists],
    skipped: [
      ...user.flatMap(({ skipped }) => skipped),
      ...block.skipped,
      ...allow.skipped,
      ...SETTINGS.flatMap(({ paths, reason, shown }) =>
        itemsOf(root, ...paths).map((node) => skip(place(node), reason, shown(node))),
      ),
      ...SWITCHES.flatMap(({ paths, reason }) =>
        paths.flatMap((path) => {
          const node = root.at(...path)
          return node?.text === 'true' ? [skip(place(node), reason, path.join('.'))] : []
        }),
      ),
    ],
  }
}

function readFilters(file: SourceFile, filters: YamlNode | undefined, action: 'block' | 'allow', find: FindFiles) {
  const rules: ImportedRule[] = []
  const lists: Subscription[] = []
  const skipped: Skipped[] = []
  for (const filter of filters?.items() ?? []) {
    const url = filter.at('url')?.text ?? ''
    const place = { file: file.name, line: filter.line }
    if (filter.at('enabled')?.text === 'false') skipped.push(skip(place, 'this list is switched off', url))
    else if (/^https?:\/\//i.test(url)) {
      lists.push({ url, action, title: filter.at('name')?.text })
      if (action === 'allow') skipped.push(skip(place, 'to subscribe to, but it does not beat $important here', url))
    } else {
      const [local] = find(url, file)
      if (local === undefined) skipped.push(skip(place, 'this list is a file that is not here', url))
      else {
        const read = readLines(local, { action, reasonOf: modifierReason })
        // an allowlist beats everything, $important too
        append(
          rules,
          read.rules.map((rule) => (action === 'allow' ? { ...rule, level: 'allow!' as const } : rule)),
        )
        append(skipped, read.skipped)
      }
    }
  }
  return { rules, lists, skipped }
}

/** Of the first of these paths that holds a sequence, its items: versions of AdGuard Home moved them. */
function itemsOf(root: YamlNode, ...paths: readonly (readonly string[])[]): readonly YamlNode[] {
  return paths.map((path) => root.at(...path)?.items() ?? []).find(({ length }) => length > 0) ?? []
}

const asText = (node: YamlNode) => node.text ?? ''

const SETTINGS = [
  {
    paths: [
      ['filtering', 'rewrites'],
      ['dns', 'rewrites'],
    ],
    reason: 'a rewrite changes what DNS answers',
    shown: (node: YamlNode) => `${node.at('domain')?.text ?? ''} → ${node.at('answer')?.text ?? ''}`,
  },
  {
    paths: [
      ['filtering', 'blocked_services', 'ids'],
      ['dns', 'blocked_services'],
    ],
    reason: 'a blocked service is a list of hosts inside AdGuard Home: block its hosts',
    shown: asText,
  },
  {
    paths: [['clients', 'persistent'], ['clients']],
    reason: 'settings of one client; policy by client comes later',
    shown: (node: YamlNode) => node.at('name')?.text ?? '',
  },
  {
    paths: [
      ['dns', 'allowed_clients'],
      ['dns', 'disallowed_clients'],
    ],
    reason: 'who may ask: write it to clients.allow',
    shown: asText,
  },
] as const

const SWITCHES = [
  {
    paths: [
      ['filtering', 'safe_search', 'enabled'],
      ['dns', 'safesearch_enabled'],
    ],
    reason: 'safe search sends names to other hosts',
  },
  {
    paths: [
      ['filtering', 'parental_enabled'],
      ['filtering', 'safebrowsing_enabled'],
      ['dns', 'parental_enabled'],
      ['dns', 'safebrowsing_enabled'],
    ],
    reason: 'asks a service of AdGuard about every name',
  },
] as const
