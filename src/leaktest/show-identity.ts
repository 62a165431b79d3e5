import { authorityOf, requestHead } from './browsers.js'
import { askProxy, type ProxyPlace } from './client.js'
import { fieldLines } from './field-lines.js'
import { type IdentityPlace, type Shown, VISITOR, type Visit } from './identities.js'
import { placeOf } from './judge.js'
import type { Received } from './origin.js'
import type { Outside } from './stage.js'

/** What tells one identity from another: the login at hops; at the origin, browser, language and address, but for that of an upstream. */
export async function showIdentity(
  proxy: ProxyPlace,
  outside: Outside,
  visit: Visit,
  places: readonly IdentityPlace[],
): Promise<Shown> {
  const { http, token } = outside
  const asked = { kind: 'page', token, authority: authorityOf(visit.host, http.port) } as const
  outside.forget()
  // what did not pass shows nothing; it is told of the other exchanges
  await askProxy({ ...proxy, from: visit.client }, requestHead(VISITOR, asked)).catch(() => {})
  const sights = outside.sights()
  const received = http.received.at(-1)
  const marks = places.map(({ where }) => {
    const login = sights.find((sight) => placeOf(sight) === where)?.login
    return [where, where === 'origin' ? received && originMark(received, outside) : login] as const
  })
  return { visit, marks: Object.fromEntries(marks) }
}

function originMark({ head, address, port }: Received, { isUpstreamPort }: Pick<Outside, 'isUpstreamPort'>): string {
  const told = fieldLines(head).filter(({ name }) => name === 'user-agent' || name === 'accept-language')
  return [isUpstreamPort(port) ? '' : address, ...told.map(({ value }) => value)].join(' ')
}
