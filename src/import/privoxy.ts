import { forEachLine } from '../rules/lines.js'
import type { RuleAction } from '../rules/rule.js'
import { createGroups, type Draft, type Imported, type Place, type Skipped, type SourceFile, skip } from './imported.js'
import { orderRules } from './order-rules.js'
import { expandActions, type PrivoxyAction } from './privoxy-actions.js'
import { privoxyPattern } from './privoxy-pattern.js'

/**
 * Privoxy's action files, in the order in which the configuration names them.
 * Every section that matches is applied and the last one wins, so what `+block`
 * and `-block` say of a pattern is weighed against all that comes after it.
 * Actions that change requests and pages are counted and reported by name.
 */
export function importPrivoxy(files: readonly SourceFile[]): Imported {
  const drafts: Draft[] = []
  const skipped: Skipped[] = []
  const groups = createGroups()
  let defaultAction: RuleAction = 'allow'
  for (const file of files) readFile(file)
  const ordered = orderRules(drafts.toReversed(), defaultAction)
  return {
    rules: ordered.rules.toReversed(),
    defaultAction,
    lists: [],
    skipped: [...skipped, ...ordered.skipped, ...groups.list()],
  }

  function readFile(file: SourceFile): void {
    const aliases = new Map<string, readonly PrivoxyAction[]>()
    let section = 'actions'
    let actions: readonly PrivoxyAction[] = []
    for (const { text, line } of logicalLines(file.text)) {
      const place = { file: file.name, line }
      const special = /^\{\{(.*)\}\}$/.exec(text)
      if (special !== null) section = (special[1] ?? '').trim().toLowerCase()
      else if (text.startsWith('{')) {
        section = 'actions'
        actions = expandActions(text.replace(/^\{/, '').replace(/\}$/, ''), aliases)
      } else if (section === 'alias') {
        const [, name = '', value = ''] = /^(\S+)\s*=\s*(.*)$/.exec(text) ?? []
        aliases.set(name.toLowerCase(), expandActions(value, aliases))
      } else if (section === 'actions') readPattern(text, place, actions)
    }
  }

  function readPattern(text: string, place: Place, actions: readonly PrivoxyAction[]): void {
    const block = actions.findLast(({ name }) => name === 'block')
    for (const { name, sign } of actions) if (name !== 'block') groups.add(place, NOT_A_RULE, `${sign}${name}`)
    if (block === undefined) return
    const action = block.sign === '+' ? 'block' : 'allow'
    if (/^\/(?:\.\*)?$/.test(text)) {
      // every target: what was said before no longer counts
      defaultAction = action
      drafts.length = 0
      return
    }
    const read = privoxyPattern(text)
    if ('reason' in read) skipped.push(skip(place, read.reason, text))
    else
      drafts.push({
        ...place,
        action,
        pattern: read.pattern,
        reason: action === 'block' ? block.value : undefined,
        text,
      })
    if ('pattern' in read && read.isOnPath) groups.add(place, PATHS, 'patterns with a path')
  }
}

/** Lines without comments; one that ends in `\` goes on, and so does one whose `{` is open. */
function logicalLines(text: string): readonly { readonly text: string; readonly line: number }[] {
  const lines: { text: string; line: number }[] = []
  let open: { text: string; line: number } | undefined
  forEachLine(text, (raw, line) => {
    const own = raw
      .replace(/(?<!\\)#.*$/, '')
      .replaceAll('\\#', '#')
      .trim()
    if (own === '') return
    const whole = open === undefined ? { text: own, line } : { text: `${open.text} ${own}`, line: open.line }
    const goesOn = whole.text.endsWith('\\')
    open = goesOn ? { ...whole, text: whole.text.slice(0, -1).trimEnd() } : undefined
    if (!goesOn) lines.push(whole)
  })
  if (open !== undefined) lines.push(open)
  return lines
}

const NOT_A_RULE = 'an action that changes requests or pages is no rule'
const PATHS = 'kept for http:// only (a tunnel shows no path), and their case counts, which it does not in Privoxy'
