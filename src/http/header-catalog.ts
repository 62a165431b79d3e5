/**
 * Which profiles a row belongs to, and why the field is in it. In requests,
 * `proxy`: said to a proxy. `always`: it names the client or the path to it,
 * whoever sends it. `carrier`: networks inject it. `standard`: browsers and
 * apps send it and sites work without it. `strict`: it tells browsers or people
 * apart, and some sites miss it. `allowed`: `paranoid` lets it pass, and no
 * field without such a row. In responses, `response` and `strict-response`: it
 * plants or reports an identifier in the client.
 */
export type HeaderGroup =
  | 'proxy'
  | 'always'
  | 'carrier'
  | 'standard'
  | 'strict'
  | 'allowed'
  | 'response'
  | 'strict-response'

/**
 * What happens to the field. `removed`; `kept`; `third-party`: removed where one
 * site loads something from another; `origin`: a `Referer`, cut to its origin
 * for another site; `app`: removed where it names an app; `agent`: replaced by
 * the text of the browsers' family; `language`: replaced by one text for all.
 */
export type HeaderAct = 'removed' | 'kept' | 'third-party' | 'origin' | 'app' | 'agent' | 'language'

export type HeaderRow = {
  /** Lower case; a trailing `*` stands for any rest. */
  readonly name: string
  readonly group: HeaderGroup
  readonly act: HeaderAct
  readonly source: string
}

const rows = (group: HeaderGroup, act: HeaderAct, source: string, names: string): readonly HeaderRow[] =>
  names.split(' ').map((name) => ({ name, group, act, source }))

/** Every field that a profile does something with; docs/headers.md lists the same rows. */
export const HEADER_CATALOG: readonly HeaderRow[] = [
  ...rows('proxy', 'removed', 'RFC 9110 §11.7: said to a proxy; it ends here', 'proxy-*'),

  ...rows('always', 'removed', 'RFC 9110 §7.6.3: names the proxies on the way; left out on purpose', 'via'),
  ...rows('always', 'removed', 'RFC 7239: carries the client address', 'forwarded'),
  ...rows(
    'always',
    'removed',
    'de facto forwarding fields: carry the client address or the host it asked',
    'x-forwarded x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port x-forwarded-server x-forwarded-by x-forwarded-prefix x-original-forwarded-for x-real-ip x-client-ip x-originating-ip x-remote-ip x-remote-addr x-cluster-client-ip x-proxyuser-ip x-host client-ip true-client-ip z-forwarded-for wl-proxy-client-ip',
  ),
  ...rows(
    'always',
    'removed',
    'content delivery networks and clouds: carry the client address',
    'cf-connecting-ip cf-connecting-ipv6 cf-ipcountry cf-ray cdn-loop fastly-client-ip fly-client-ip x-azure-clientip x-azure-socketip x-appengine-user-ip x-envoy-external-address surrogate-capability',
  ),
  ...rows(
    'always',
    'removed',
    'other proxies: their own markers',
    'x-tinyproxy x-bluecoat-* x-squid-* x-smokescreen-*',
  ),

  ...rows('carrier', 'removed', 'Verizon, webpolicy.org 2014: a supercookie injected by the network', 'x-uidh'),
  ...rows(
    'carrier',
    'removed',
    'HotMiddlebox 2015: subscriber identifiers injected by networks',
    'x-acr x-vf-acr x-amobee-* x-turn-* x-orange-*',
  ),
  ...rows(
    'carrier',
    'removed',
    'mobile networks: telephone number or equipment identity',
    'x-msisdn msisdn x-up-calling-line-id x-up-subno x-nokia-msisdn x-wap-network-client-msisdn x-h3g-msisdn x-imsi x-imei tm_user-id x-device-id x-subscriber-*',
  ),
  ...rows('carrier', 'removed', 'WAP gateways: device and network description', 'x-network-info x-wap-profile profile'),

  ...rows('standard', 'removed', 'RFC 9110 §10.1.2: the mail address of the user', 'from'),
  ...rows('standard', 'removed', 'Chromium: field-trial state sent to its maker', 'x-client-data'),
  ...rows('standard', 'removed', 'apps and web views: device identity', 'x-att-deviceid x-webview-*'),
  ...rows('standard', 'app', 'Android web views: the id of the app that embeds them', 'x-requested-with'),
  ...rows('standard', 'origin', 'RFC 9110 §10.1.3: which page led here, query and all', 'referer'),
  ...rows(
    'standard',
    'removed',
    'User-Agent Client Hints, high entropy: tell devices apart',
    'sec-ch-ua-full-version sec-ch-ua-full-version-list sec-ch-ua-arch sec-ch-ua-bitness sec-ch-ua-model sec-ch-ua-platform-version sec-ch-ua-wow64 sec-ch-ua-form-factors',
  ),
  ...rows(
    'standard',
    'removed',
    'device and network Client Hints: tell devices apart',
    'device-memory sec-ch-device-memory dpr sec-ch-dpr viewport-width viewport-height sec-ch-viewport-width sec-ch-viewport-height width sec-ch-width ect rtt downlink save-data sec-ch-prefers-*',
  ),

  ...rows('strict', 'agent', 'RFC 9110 §10.1.5: browser, version and system', 'user-agent'),
  ...rows('strict', 'removed', 'User-Agent Client Hints: would contradict the replaced User-Agent', 'sec-ch-ua*'),
  ...rows('strict', 'removed', 'RFC 8942: Client Hints of any other kind', 'sec-ch-*'),
  ...rows('strict', 'language', 'RFC 9110 §12.5.4: the languages of the user', 'accept-language'),
  ...rows('strict', 'removed', 'W3C Tracking Preference Expression: few send it, and few sites heed it', 'dnt'),
  ...rows(
    'strict',
    'removed',
    'W3C Topics and Attribution Reporting: interests and clicks, told to advertisers',
    'sec-browsing-topics attribution-reporting-eligible attribution-reporting-support',
  ),
  ...rows(
    'strict',
    'removed',
    'RFC 9842: the dictionary that an origin once planted',
    'available-dictionary dictionary-id',
  ),
  ...rows('strict', 'third-party', 'RFC 6265: who the user is for another site', 'cookie'),
  ...rows('strict', 'third-party', 'RFC 9110 §11.6.2: who the user is for another site', 'authorization'),
  ...rows(
    'strict',
    'third-party',
    'RFC 9110 §13.1: what another site planted as validator comes back',
    'if-none-match if-modified-since',
  ),

  ...rows('allowed', 'kept', 'RFC 9110 §7.2: where the request goes', 'host'),
  ...rows('allowed', 'kept', 'RFC 9110 §12.5: what the client can read', 'accept accept-encoding accept-language'),
  ...rows('allowed', 'kept', 'RFC 9110 §11.6.2: a login that the user typed', 'authorization'),
  ...rows('allowed', 'kept', 'RFC 9111 §5: caching', 'cache-control pragma'),
  ...rows('allowed', 'kept', 'RFC 9110 §8: what the content is', 'content-*'),
  ...rows('allowed', 'kept', 'RFC 9110 §6.6.1, §13 and §14: conditions and ranges', 'date if-* range'),
  ...rows(
    'allowed',
    'kept',
    'RFC 9110 §7.6.2 and §10.1.1, RFC 9112 §6 and §7: how the message travels',
    'transfer-encoding trailer expect max-forwards',
  ),
  ...rows(
    'allowed',
    'kept',
    'RFC 6455 §11.3: the WebSocket handshake',
    'sec-websocket-key sec-websocket-version sec-websocket-protocol sec-websocket-extensions',
  ),

  ...rows('response', 'removed', 'RFC 8942, Client Hints: asks the browser to tell more', 'accept-ch critical-ch'),
  ...rows(
    'response',
    'removed',
    'W3C Reporting and Network Error Logging: the browser reports to a third party',
    'nel report-to reporting-endpoints',
  ),
  ...rows('response', 'removed', 'RFC 7838: leads round the proxy, and identifies', 'alt-svc'),

  ...rows(
    'strict-response',
    'removed',
    'CSP and Expect-CT (RFC 9163): only make the browser report',
    'content-security-policy-report-only expect-ct',
  ),
  ...rows(
    'strict-response',
    'removed',
    'W3C Topics and Attribution Reporting: make the browser record interests and clicks',
    'observe-browsing-topics attribution-reporting-register-source attribution-reporting-register-trigger',
  ),
  ...rows('strict-response', 'removed', 'RFC 9842: a dictionary that comes back as an identifier', 'use-as-dictionary'),
  ...rows('strict-response', 'third-party', 'RFC 6265: an identifier planted by another site', 'set-cookie'),
  ...rows('strict-response', 'third-party', 'RFC 9110 §8.8.3: can hold an identifier that comes back', 'etag'),
]
