import type { Row } from '../leaktest/judge.js'
import type { WayReport } from '../leaktest/run.js'
import { columns } from './columns.js'

/** How many items there are of each verdict, all ways together. */
export type Totals = { readonly leaks: number; readonly exposed: number; readonly withheld: number }

export function totalsOf(ways: readonly WayReport[]): Totals {
  const rows = ways.flatMap((way) => way.rows)
  const count = (wanted: Row['verdict']): number => rows.filter(({ verdict }) => verdict === wanted).length
  return { leaks: count('leak'), exposed: count('exposed'), withheld: count('withheld') }
}

/** A way for people: what it is, a table of its items, and what could not be shown. */
export function wayLines({ route, match, via, host, profile, rows, notes }: WayReport): readonly string[] {
  const which = route === 0 ? via : `route ${route} (${match.join(' ')}) by ${via}`
  const title = `${which}${host === undefined ? '' : `, asked for ${host}`}${profile === null ? '' : `, headers ${profile}`}`
  return [title, ...tableOf(rows).map((line) => `  ${line}`), ...notes.map((note) => `  ${note}`)]
}

function tableOf(rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) return []
  const places = [...new Set(rows.flatMap(({ seen }) => Object.keys(seen)))]
  const all = Math.max(...rows.flatMap(({ seen }) => Object.values(seen).map((browsers) => browsers.length)))
  const lines = rows.map(({ label, verdict, seen, what }) => [
    verdict === 'leak' ? 'LEAK' : verdict,
    label,
    ...places.map((place) => cellOf(seen[place], all)),
    what.join(' '),
  ])
  return columns([['', 'item', ...places, 'what was seen'], ...lines])
}

/** Empty where it could not be seen, `-` where nobody saw it, `seen`, or by whom where not all browsers sent it. */
function cellOf(browsers: Row['seen'][string] | undefined, all: number): string {
  if (browsers === undefined) return ''
  if (browsers.length === 0) return '-'
  return browsers.length === all ? 'seen' : browsers.join(' ')
}
