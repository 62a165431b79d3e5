/**
 * Why a field is taken out. `always`: it names the client or the path to it,
 * whoever sends it. `carrier`: networks inject it. `standard`: browsers and
 * apps send it and sites work without it. `response`: it plants or reports an
 * identifier in the client.
 */
export type HeaderGroup = 'always' | 'carrier' | 'standard' | 'response'

export type HeaderRow = {
  /** Lower case; a trailing `*` stands for any rest. */
  readonly name: string
  readonly group: HeaderGroup
  readonly source: string
}

const rows = (group: HeaderGroup, source: string, names: string): readonly HeaderRow[] =>
  names.split(' ').map((name) => ({ name, group, source }))

/** Every field that a profile takes out; docs/headers.md lists the same rows. */
export const HEADER_CATALOG: readonly HeaderRow[] = [
  ...rows('always', 'RFC 9110 §7.6.3: names the proxies on the way; left out on purpose', 'via'),
  ...rows('always', 'RFC 7239: carries the client address', 'forwarded'),
  ...rows(
    'always',
    'de facto forwarding fields: carry the client address or the host it asked',
    'x-forwarded x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port x-forwarded-server x-forwarded-by x-forwarded-prefix x-original-forwarded-for x-real-ip x-client-ip x-originating-ip x-remote-ip x-remote-addr x-cluster-client-ip x-proxyuser-ip x-host client-ip true-client-ip z-forwarded-for wl-proxy-client-ip',
  ),
  ...rows(
    'always',
    'content delivery networks and clouds: carry the client address',
    'cf-connecting-ip cf-connecting-ipv6 cf-ipcountry cf-ray cdn-loop fastly-client-ip fly-client-ip x-azure-clientip x-azure-socketip x-appengine-user-ip x-envoy-external-address surrogate-capability',
  ),
  ...rows('always', 'other proxies: their own markers', 'x-tinyproxy x-bluecoat-* x-squid-*'),
  ...rows('carrier', 'Verizon, webpolicy.org 2014: a supercookie injected by the network', 'x-uidh'),
  ...rows(
    'carrier',
    'HotMiddlebox 2015: subscriber identifiers injected by networks',
    'x-acr x-vf-acr x-amobee-* x-turn-* x-orange-*',
  ),
  ...rows(
    'carrier',
    'mobile networks: telephone number or equipment identity',
    'x-msisdn msisdn x-up-calling-line-id x-up-subno x-nokia-msisdn x-wap-network-client-msisdn x-h3g-msisdn x-imsi x-imei tm_user-id x-device-id x-subscriber-*',
  ),
  ...rows('carrier', 'WAP gateways: device and network description', 'x-network-info x-wap-profile profile'),
  ...rows('standard', 'RFC 9110 §10.1.2: the mail address of the user', 'from'),
  ...rows('standard', 'Chromium: field-trial state sent to its maker', 'x-client-data'),
  ...rows('standard', 'apps and web views: device identity', 'x-att-deviceid x-webview-*'),
  ...rows(
    'standard',
    'User-Agent Client Hints, high entropy: tell devices apart',
    'sec-ch-ua-full-version sec-ch-ua-full-version-list sec-ch-ua-arch sec-ch-ua-bitness sec-ch-ua-model sec-ch-ua-platform-version sec-ch-ua-wow64 sec-ch-ua-form-factors',
  ),
  ...rows(
    'standard',
    'device and network Client Hints: tell devices apart',
    'device-memory sec-ch-device-memory dpr sec-ch-dpr viewport-width viewport-height sec-ch-viewport-width sec-ch-viewport-height width sec-ch-width ect rtt downlink save-data sec-ch-prefers-*',
  ),
  ...rows('response', 'RFC 8942, Client Hints: asks the browser to tell more', 'accept-ch critical-ch'),
  ...rows(
    'response',
    'W3C Reporting and Network Error Logging: the browser reports to a third party',
    'nel report-to reporting-endpoints',
  ),
  ...rows('response', 'RFC 7838: leads round the proxy, and identifies', 'alt-svc'),
]
