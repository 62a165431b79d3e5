import { type CidrTable, createCidrTable } from '../../http/cidr.js'
import type { HostPattern, SuffixReach } from '../pattern.js'
import { type Branch, branchesOf, type LintRule } from './lint-rule.js'

/** How the ports of two rules must relate: the found one takes in the asked one, or both can be the same. */
export type PortRelation = 'cover' | 'meet'

type Node = { readonly rule: LintRule; readonly branch: HostPattern; readonly next: Node | undefined }

export type Cover = ReturnType<typeof createCover>

/**
 * Rules by what they match, to be asked for those that match all of a pattern.
 * Globs and regular expressions are not in it (globs.ts).
 */
export function createCover() {
  const hosts = new Map<string, Node>()
  const suffixes = new Map<string, Node>()
  const addresses: CidrTable<Node> = createCidrTable()

  function addBranch(rule: LintRule, branch: Branch): void {
    switch (branch.kind) {
      case 'host':
        hosts.set(branch.host, { rule, branch, next: hosts.get(branch.host) })
        break
      case 'suffix':
        suffixes.set(branch.suffix, { rule, branch, next: suffixes.get(branch.suffix) })
        break
      case 'address':
        addresses.add(branch.cidr, { rule, branch, next: undefined })
    }
  }

  /** Suffix rules at every name above, nearest first. */
  function findAbove(name: string, isHost: boolean, test: (node: Node) => boolean): LintRule | undefined {
    if (suffixes.size === 0) return undefined
    let isParent = isHost
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      const found = findIn(suffixes.get(name.slice(dot + 1)), isParent ? ANY_REACH : DEEP, test)
      if (found !== undefined) return found
      isParent = false
    }
    return undefined
  }

  function findHost(branch: HostPattern, test: (node: Node) => boolean): LintRule | undefined {
    switch (branch.kind) {
      case 'host':
        return (
          findIn(hosts.get(branch.host), ANY_REACH, test) ??
          findIn(suffixes.get(branch.host), ['all'], test) ??
          findAbove(branch.host, true, test)
        )
      case 'suffix':
        return findIn(suffixes.get(branch.suffix), WIDER[branch.reach], test) ?? findAbove(branch.suffix, false, test)
      case 'address':
        return addresses.all(branch.cidr.address).find((node) => {
          const { branch: other } = node
          return other.kind === 'address' && other.cidr.prefix <= branch.cidr.prefix && test(node)
        })?.rule
      case 'glob': {
        const suffix = suffixOfGlob(branch.glob)
        return suffix === '' ? undefined : findHost({ kind: 'suffix', suffix, reach: 'below', port: branch.port }, test)
      }
    }
  }

  return {
    /** @param withUrls URL rules count too, by their host */
    add(rule: LintRule, withUrls = false): void {
      if (rule.except !== undefined) return
      for (const branch of branchesOf(rule.pattern)) {
        if (branch.kind !== 'url') addBranch(rule, branch)
        else if (withUrls) addBranch(rule, branch.host)
      }
    },

    /** The first rule, nearest name first, that matches whatever the branch matches and passes the test. */
    find(branch: Branch, ports: PortRelation, accept: (rule: LintRule) => boolean): LintRule | undefined {
      if (branch.kind === 'regex') return undefined
      const host = branch.kind === 'url' ? branch.host : branch
      return findHost(host, ({ rule, branch: { port } }) => {
        const fits = port === 0 || port === host.port || (ports === 'meet' && host.port === 0)
        return fits && accept(rule)
      })
    },
  }
}

/** The name under which everything lies that a glob can match, '' where its end is free. */
export function suffixOfGlob(glob: string): string {
  const tail = glob.slice(Math.max(glob.lastIndexOf('*'), glob.lastIndexOf('?'), glob.lastIndexOf(']')) + 1)
  const dot = tail.indexOf('.')
  return dot === -1 ? '' : tail.slice(dot + 1)
}

function findIn(
  first: Node | undefined,
  reaches: readonly SuffixReach[],
  test: (node: Node) => boolean,
): LintRule | undefined {
  for (let node = first; node !== undefined; node = node.next) {
    if (node.branch.kind === 'suffix' && !reaches.includes(node.branch.reach)) continue
    if (test(node)) return node.rule
  }
  return undefined
}

const ANY_REACH: readonly SuffixReach[] = ['all', 'below', 'child']
const DEEP: readonly SuffixReach[] = ['all', 'below']
/** Reaches that take in another one of the same name. */
const WIDER: Readonly<Record<SuffixReach, readonly SuffixReach[]>> = {
  all: ['all'],
  below: ['all', 'below'],
  child: ['all', 'below', 'child'],
}
