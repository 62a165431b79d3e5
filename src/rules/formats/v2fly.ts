import { type ParsedLine, rulesOrProblem, skipped } from '../parsed-line.js'
import { parseHostPort } from '../pattern.js'
import { regexRule } from './regex.js'

/**
 * v2fly's domain lists: `domain:`, `full:`, `keyword:`, `regexp:`, `include:`,
 * each with `@attributes`. A bare name is one of them only where an attribute
 * says so; alone it is a plain name.
 *
 * @param line trimmed, without its reason
 */
export function parseV2fly(line: string): ParsedLine | undefined {
  const form = /^(?:(domain|full|keyword|regexp|include):)?(\S+)((?:\s+[@&][\w!-]+)*)$/.exec(line)
  if (form === null) return undefined
  const [, type, value = '', attributes = ''] = form
  if (type === undefined && attributes === '') return undefined
  const column = type === undefined ? 1 : type.length + 2

  switch (type) {
    case 'include': {
      if (!/^[\w!-]+$/.test(value)) return skipped('v2fly include that is no sibling')
      return { kind: 'sibling', name: value, attributes: attributes.match(/(?<=@)[\w!-]+/g) ?? [] }
    }
    case 'full':
      return rulesOrProblem('v2fly', parseHostPort(value), column)
    case 'keyword':
      return rulesOrProblem('v2fly', parseHostPort(`*${value}*`), column - 1)
    case 'regexp': {
      const parsed = regexRule(value, column)
      return parsed.kind === 'rules' ? { ...parsed, format: 'v2fly' } : parsed
    }
    default:
      return rulesOrProblem('v2fly', parseHostPort(`.${value}`), column - 1)
  }
}
