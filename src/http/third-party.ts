import {
  FIELD_FETCH_DEST,
  FIELD_FETCH_SITE,
  FIELD_KIND_MASK,
  FIELD_ORIGIN,
  FIELD_REFERER,
  FIELD_UPGRADE_INSECURE,
} from './field-table.js'
import { fieldCode, fieldValue, type HeadFields, valueEnd, valueStart } from './head-fields.js'
import { authorityOfUrl, isOfSite, type SiteHost } from './site.js'
import { sliceEquals } from './syntax.js'

/**
 * Whether one site loads something from another: an image, a script, a frame, a
 * script's request; not a page that the user goes to. Browsers say so in
 * `Sec-Fetch-Site` and `Sec-Fetch-Dest`, but to https and loopback only (Fetch
 * Metadata §2). Elsewhere `Origin` or `Referer` of another site tells, and
 * `Upgrade-Insecure-Requests`, which goes with pages and frames alone.
 */
export function isThirdParty(fields: HeadFields, target: SiteHost): boolean {
  const { text, count } = fields
  let site = -1
  let destination = -1
  let origin = -1
  let referer = -1
  let isPage = false
  for (let i = 0; i < count; i++) {
    const kind = fieldCode(fields, i) & FIELD_KIND_MASK
    if (kind < FIELD_REFERER) continue
    if (kind === FIELD_FETCH_SITE) site = i
    else if (kind === FIELD_FETCH_DEST) destination = i
    else if (kind === FIELD_ORIGIN) origin = i
    else if (kind === FIELD_REFERER) referer = i
    else if (kind === FIELD_UPGRADE_INSECURE) isPage = true
  }
  if (destination !== -1) {
    isPage = sliceEquals(text, valueStart(fields, destination), valueEnd(fields, destination), 'document')
  }
  if (isPage) return false
  if (site !== -1) return sliceEquals(text, valueStart(fields, site), valueEnd(fields, site), 'cross-site')
  return isOfOtherSite(fields, origin, target) || isOfOtherSite(fields, referer, target)
}

function isOfOtherSite(fields: HeadFields, i: number, target: SiteHost): boolean {
  if (i === -1) return false
  const authority = authorityOfUrl(fieldValue(fields, i))
  return authority !== undefined && !isOfSite(authority, target)
}
