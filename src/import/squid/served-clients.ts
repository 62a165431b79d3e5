import type { Acl } from './acl.js'

export type AccessLine = { readonly action: 'allow' | 'block'; readonly names: readonly string[] }

/**
 * Names of acls that stand for everybody whom the proxy serves, so that a rule
 * may take them as given: who may use veilgate is `clients.allow`.
 *
 * Squid says "these clients may pass, nobody else" in the lines at the end that
 * allow clients and name no target, or by one acl in every line that allows. A
 * configuration that ends in an allowlist (targets are allowed, and nothing is
 * blocked between them and such a line) has none of the first kind: there the
 * line means a few who may go anywhere.
 *
 * @param lines `http_access`, without those about Squid's own pages
 */
export function servedClients(lines: readonly AccessLine[], acls: ReadonlyMap<string, Acl>): ReadonlySet<string> {
  const kindOf = (name: string) => acls.get(name.replace(/^!/, ''))?.kind
  const whoOf = ({ names }: AccessLine) => names.filter((name) => !name.startsWith('!') && kindOf(name) === 'who')
  const isForClients = (line: AccessLine) =>
    line.action === 'allow' && whoOf(line).length > 0 && whoOf(line).length === line.names.length
  const hasTargets = ({ names }: AccessLine) => names.some((name) => kindOf(name) === 'targets')

  const last = lines.at(-1)
  const body =
    last?.action === 'block' && last.names.every((name) => kindOf(name) === 'everything') ? lines.slice(0, -1) : lines
  const end = body.findLastIndex((line) => !isForClients(line)) + 1
  const above = body.slice(0, end)
  const open = above.slice(above.findLastIndex((line) => line.action === 'block' && hasTargets(line)) + 1)
  const isAllowlist = open.some((line) => line.action === 'allow' && hasTargets(line))
  if (!isAllowlist) return new Set(body.slice(end).flatMap(whoOf))

  const allows = body.filter((line) => line.action === 'allow' && whoOf(line).join() !== 'localhost')
  const [first, ...others] = allows.map(whoOf)
  return new Set(first?.filter((name) => others.every((names) => names.includes(name))))
}
