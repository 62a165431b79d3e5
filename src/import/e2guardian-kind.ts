export type ListKind = {
  /** Local lists beat the others, exceptions beat bans: four levels here too. */
  readonly level: 'block' | 'allow' | 'block!' | 'allow!'
  readonly of: 'site' | 'url' | 'regex' | 'address'
}

/** What the lines of a list are, as its name says; undefined for lists that are no rules. */
export function kindOf(fileName: string): ListKind | undefined {
  const name = fileName.replace(/.*\//, '').toLowerCase()
  const [, local, action, of] = LIST_NAME.exec(name) ?? []
  if (action !== undefined && of !== undefined) return { level: levelOf(local, action), of: OF[of] ?? 'site' }
  // a category of squidGuard's collections, which hold what is to be blocked
  const category = /^(?:.*\.)?(domains|urls|expressions)$/.exec(name)?.[1]
  return category === undefined ? undefined : { level: 'block', of: OF[category] ?? 'site' }
}

/** A line of a configuration that names a list of sites or URLs. */
export function kindFromSetting(
  key: string,
  value: string,
): { readonly kind: ListKind; readonly path: string } | undefined {
  const old = LIST_NAME.test(key.toLowerCase()) ? kindOf(key) : undefined
  if (old !== undefined) return { kind: old, path: toPath(value) }
  const of = SETTINGS[key.toLowerCase()]
  const name = /(?:^|,)name=([a-z]+)/i.exec(value)?.[1]?.toLowerCase() ?? ''
  const path = /(?:^|,)path=([^,]+)/i.exec(value)?.[1]
  const [, local, action] = /^(local)?(banned|exception|semiexception|grey)$/.exec(name) ?? []
  if (of === undefined || path === undefined || action === undefined) return undefined
  return { kind: { level: levelOf(local, action), of }, path: toPath(path) }
}

/** Why a file is not imported. */
export function whyNoList(fileName: string): string {
  const name = fileName.replace(/.*\//, '').toLowerCase()
  return OTHER_LISTS.find(([form]) => form.test(name))?.[1] ?? 'its name does not say which list it is'
}

function levelOf(local: string | undefined, action: string): ListKind['level'] {
  return `${action === 'banned' ? 'block' : 'allow'}${local === undefined ? '' : '!'}`
}

/** `__LISTDIR__` stands for the folder of lists of the group. */
function toPath(path: string): string {
  return path.replace(/__LISTDIR__/, 'lists')
}

const LIST_NAME =
  /(?:^|[^a-z])(local)?(banned|exception|semiexception|grey)(site|url|regexpurl|regexpsite|siteip|ipsite)list\b/
const OF: Readonly<Record<string, ListKind['of']>> = {
  site: 'site',
  url: 'url',
  regexpurl: 'regex',
  regexpsite: 'regex',
  siteip: 'address',
  ipsite: 'address',
  domains: 'site',
  urls: 'url',
  expressions: 'regex',
}
const SETTINGS: Readonly<Record<string, ListKind['of']>> = {
  sitelist: 'site',
  urllist: 'url',
  regexpboollist: 'regex',
  ipsitelist: 'address',
}
const OTHER_LISTS: readonly (readonly [form: RegExp, reason: string])[] = [
  [/phrase/, 'phrases are looked for in pages, which a proxy without inspection does not read'],
  [/extension|mimetype|file/, 'types of files are no matter of rules'],
  [/search/, 'words that are searched for stand in URLs of inspected requests'],
  [/ssl/, 'asks for the certificate or for tunnels alone'],
  [/header|cookie|regexp/, 'changes requests or pages, which rules do not'],
  [/bypass/, 'says where users may pass a block; there is no such way here'],
  [/client|iplist|room|user|auth/, 'asks for the client; policy by client comes later'],
]
