import type { ParsedLine } from '../../../../src/rules/parsed-line.js'
import type { Pattern } from '../../../../src/rules/pattern.js'

/** A parsed line as one short text, so that tables of cases stay readable. */
export function shown(parsed: ParsedLine | undefined): string {
  if (parsed === undefined) return 'not this format'
  if (parsed.kind === 'skipped') return `skipped: ${parsed.reason}`
  if (parsed.kind === 'problem') return `problem ${parsed.column}: ${parsed.code}`
  if (parsed.kind === 'default') return `default ${parsed.action}`
  if (parsed.kind === 'include') return `include ${parsed.path} ${parsed.action ?? ''}`.trim()
  if (parsed.kind === 'sibling') return ['sibling', parsed.name, ...parsed.attributes].join(' ')
  if (parsed.kind === 'blank') return 'blank'
  const action = `${parsed.action ?? ''}${parsed.important ? '!' : ''}`
  const except = parsed.except === undefined ? '' : ` except ${parsed.except.join('|')}`
  const problem = parsed.problem === undefined ? '' : ` problem ${parsed.problem.column}`
  return `${action} ${parsed.patterns.map(patternText).join(' ')}${except}${problem}`.trim()
}

function patternText(pattern: Pattern): string {
  switch (pattern.kind) {
    case 'host':
      return pattern.host + port(pattern.port)
    case 'suffix':
      return { all: '.', below: '*.', child: '?.' }[pattern.reach] + pattern.suffix + port(pattern.port)
    case 'address':
      return `${pattern.cidr.address}/${pattern.cidr.prefix}${port(pattern.port)}`
    case 'glob':
      return `glob(${pattern.glob})${port(pattern.port)}`
    case 'regex':
      return `/${pattern.source}/`
    case 'url':
      return `url(${patternText(pattern.host)} ${pattern.path})`
    case 'branches':
      return `{${pattern.branches.map(patternText).join(',')}}`
  }
}

function port(number: number): string {
  return number === 0 ? '' : `:${number}`
}
