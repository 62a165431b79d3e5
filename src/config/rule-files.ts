import type { FoundInclude } from '../rules/compiled/segment.js'
import { forEachLine } from '../rules/lines.js'
import { parseLine } from '../rules/parse.js'
import type { RuleSource } from '../rules/rule.js'
import type { RuleFile } from './config.js'
import { walkRuleFiles } from './rule-file-walk.js'
import { type RuleFilesIo, readRuleText } from './rule-text.js'

/**
 * The texts of rule files and of all that they include (rule-file-walk.ts), for
 * those who look at lines. Whoever wants the rules takes `loadRules`.
 *
 * @throws {InputError} for files that cannot be read and for cycles
 */
export async function loadRuleFiles(
  files: readonly RuleFile[],
  io: RuleFilesIo = {},
  { scope = 'exact' }: { readonly scope?: 'exact' | 'suffix' } = {},
): Promise<RuleSource[]> {
  const sources: RuleSource[] = []
  await walkRuleFiles(files, async (file, follows) => {
    const text = await readRuleText(file, io)
    const includes = includesOf(text)
    // what is left of a v2fly list after its attributes were asked for may be nothing, and so may a file of a category
    if ((file.attributes.length > 0 || file.part !== undefined) && !hasRules(text)) return includes
    sources.push({
      name: file.name,
      text,
      action: file.action,
      scope: file.part === 'domains' ? 'suffix' : scope,
      included: new Set(includes.filter(follows).map(({ line }) => line)),
    })
    return includes
  })
  return sources
}

function includesOf(text: string): readonly FoundInclude[] {
  if (!text.includes('include')) return []
  const includes: FoundInclude[] = []
  forEachLine(text, (raw, line) => {
    if (!raw.includes('include')) return
    const parsed = parseLine(raw)
    if (parsed.kind === 'include' || parsed.kind === 'sibling') includes.push({ ...parsed, line })
  })
  return includes
}

function hasRules(text: string): boolean {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    if (parseLine(text.slice(start, end)).kind === 'rules') return true
    start = end + 1
  }
  return false
}
