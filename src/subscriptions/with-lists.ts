import { type ListCopy, loadListCopy } from '../config/list-copy.js'
import { createListUpdate, listKey, listsOf } from '../rules/list-update.js'
import type { RuleSet } from '../rules/rule.js'

/**
 * A rule set with these lists in the place of those it has. Copies that it has
 * already are not read; where it has them all and no other, it is the set itself.
 *
 * @throws {Error} a copy that cannot be read
 */
export async function withLists(ruleSet: RuleSet, copies: readonly ListCopy[]): Promise<RuleSet> {
  if (hasExactly(ruleSet, copies)) return ruleSet
  const update = createListUpdate(ruleSet)
  for (const copy of copies) await loadListCopy(update, copy)
  return update.finish()
}

function hasExactly(ruleSet: RuleSet, copies: readonly ListCopy[]): boolean {
  const lists = listsOf(ruleSet)
  return (
    lists.length === copies.length &&
    copies.every(({ name, action, scope, sha256 }, i) => {
      const list = lists[i]
      return list?.name === name && list.action === action && list.scope === scope && list.key === listKey(sha256)
    })
  )
}
