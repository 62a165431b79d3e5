import { type Pattern, parsePattern } from '../rules/pattern.js'
import { hostRegex } from './host-regex.js'
import { pathGlob, pathGlobAnywhere } from './path-glob.js'

/** What of an expression for URLs a proxy can act on that sees hosts, and paths of plain http. */
export type UrlRegex = { readonly pattern: Pattern; readonly isPart: boolean } | { readonly reason: string }

/**
 * A regular expression that is searched in whole URLs. One that is about a host
 * (`^https?://([^/]+\.)?ads\.example/`) becomes a pattern for the host; one with a
 * path behind a host becomes a URL glob; so does `ads\.example/banner`, whatever the host begins with. One that
 * is about paths alone is one for any host. One without a slash is kept for hosts,
 * which is a part of what it said.
 */
export function urlRegex(source: string): UrlRegex {
  const single = /^\(([^()|]*)\)$/.exec(source)
  if (single !== null) return urlRegex(single[1] ?? '')
  const start = /^\^?(?:https?\??|\(https?\|https?\)|\.\*|\[a-z\]\+):\\?\/\\?\/(.*)$/i.exec(source)
  if (start !== null) return afterScheme(start[1] ?? '')
  const somewhere = /^((?:[a-z0-9_-]|\\?\.)+\\?\.[a-z]{2,})(\\?\/.*)$/i.exec(source)
  if (somewhere !== null) {
    const glob = pathGlob((somewhere[2] ?? '').replaceAll('\\/', '/'))
    if (glob !== undefined) return ofText(`http://*${(somewhere[1] ?? '').replaceAll('\\', '')}${glob}`, true)
  }
  if (source.replaceAll(/\[\^[^\]]*\]/g, '').includes('/')) {
    const glob = source.startsWith('^') ? undefined : pathGlobAnywhere(source.replaceAll('\\/', '/'))
    return glob === undefined ? { reason: ON_PATHS } : ofText(`http://*${glob}`, true)
  }
  const host = hostRegex(source)
  return 'pattern' in host ? { pattern: host.pattern, isPart: true } : host
}

/** What is said of those that are kept in part. */
export const IN_PART = 'kept for what a proxy sees of it: hosts, and paths of http:// requests'
export const ON_PATHS = 'looks at paths or schemes, which a tunnel does not show'

function afterScheme(rest: string): UrlRegex {
  const form =
    /^(\(\[\^\/\]\+\\\.\)\?|\(\[\^\/\]\*\\\.\)\?|\(\.\*\\\.\)\?|\(www\\\.\)\?|\.\*\\\.|\[\^\/\]\+\\\.)?((?:[a-z0-9_-]|\\\.|\.)+)(.*)$/i.exec(
      rest,
    )
  if (form === null) return { reason: ON_PATHS }
  const [, before = '', name = '', path = ''] = form
  const prefix = before === '' || before.includes('www') ? '' : before.endsWith('?') ? '.' : '*.'
  const host = prefix + name.replaceAll('\\.', '.')
  const hosts = before.includes('www') ? `{${host},www.${host}}` : host
  if (/^(?:\\?\/|\[:?\/:?\]|\(:\|\/\)|\$|\\?\/\.\*)?\$?$/.test(path) && path !== '') return ofText(hosts, false)
  const glob = /^\\?\//.test(path) ? pathGlob(path.replaceAll('\\/', '/')) : undefined
  return glob === undefined ? { reason: ON_PATHS } : ofText(`http://${hosts}${glob}`, true)
}

function ofText(text: string, isPart: boolean): UrlRegex {
  const pattern = parsePattern(text)
  return pattern.kind === 'problem' ? { reason: pattern.message } : { pattern, isPart }
}
