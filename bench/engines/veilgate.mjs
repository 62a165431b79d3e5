import { randomPrintKey } from '../../dist/compile-rules.js'
import { loadRules } from '../../dist/config/load-rules.js'
import { createRuleCache } from '../../dist/config/rule-cache.js'
import { parseTarget } from '../../dist/rules/target.js'

/** The rule engine as `start` uses it: rule files in, the compiled cache beside them. */
export const engine = {
  load: (file) => loadAll([file]),
  keep: (ruleSet, folder, file) => createRuleCache(folder, toRuleFiles([file])).write(ruleSet),
  async loadKept(folder, file) {
    const kept = await createRuleCache(folder, toRuleFiles([file])).read()
    if (kept === undefined) throw new Error('the compiled cache cannot be read')
    return loadAll([file], kept)
  },
  loadAll,
  toQuery: parseTarget,
  isBlocked: (ruleSet, query) => ruleSet.decide(query).action === 'block',
}

/** @param {readonly string[]} files @param {import('../../dist/index.js').RuleSet} [previous] whose unchanged lists are taken over */
function loadAll(files, previous) {
  return loadRules({ files: toRuleFiles(files), scope: 'exact', key: randomPrintKey(), previous })
}

function toRuleFiles(files) {
  return files.map((path) => ({ name: path, path, action: 'block' }))
}
