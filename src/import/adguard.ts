import { adblockKey } from '../rules/formats/adblock.js'
import { parseLine } from '../rules/parse.js'
import { readAdGuardHome } from './adguard-home.js'
import { modifierReason } from './adguard-modifiers.js'
import { type FindFiles, type Imported, type SourceFile, skip } from './imported.js'
import { type ReadLines, readLines } from './read-lines.js'

/**
 * AdGuard Home's configuration, and filter lists in adblock syntax. Precedence is
 * that of veilgate. A rule whose modifiers ask for what a proxy does not see is
 * reported whole, as AdGuard ignores rules with modifiers that it does not know.
 */
export function importAdguard(files: readonly SourceFile[], find: FindFiles): Imported {
  const read = files.map((file) =>
    isAdGuardHome(file) ? readAdGuardHome(file, find) : { ...readLines(file, { reasonOf: modifierReason }), lists: [] },
  )
  const { rules, skipped } = withoutTakenBack({
    rules: read.flatMap(({ rules }) => rules),
    skipped: read.flatMap(({ skipped }) => skipped),
  })
  return { rules, skipped, lists: read.flatMap(({ lists }) => lists) }
}

function isAdGuardHome({ name, text }: SourceFile): boolean {
  return /\.ya?ml$/i.test(name) || /^(?:user_rules|filters|whitelist_filters|filtering|dns):/m.test(text)
}

/** `badfilter` in any file takes back the rule that is otherwise equal. */
function withoutTakenBack({ rules, skipped }: ReadLines): ReadLines {
  const badfilters = rules.filter(({ text }) => text.includes('badfilter') && isBadfilter(text))
  if (badfilters.length === 0) return { rules, skipped }
  const keys = new Set(badfilters.map(({ text }) => adblockKey(text)))
  return {
    rules: rules.filter(({ text }) => !keys.has(adblockKey(text))),
    skipped: [
      ...skipped,
      ...rules
        .filter((rule) => keys.has(adblockKey(rule.text)) && !badfilters.includes(rule))
        .map((rule) => skip(rule, 'taken back by badfilter', rule.text)),
    ],
  }
}

function isBadfilter(text: string): boolean {
  const parsed = parseLine(text)
  return parsed.kind === 'rules' && parsed.badfilter === true
}
