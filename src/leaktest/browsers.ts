/** What is asked: a page of its own site, something that another site's page loads, a WebSocket, a page inside a tunnel. */
export type ExchangeKind = 'page' | 'third-party' | 'websocket' | 'tunnel'
export const EXCHANGE_KINDS: readonly ExchangeKind[] = ['page', 'third-party', 'websocket', 'tunnel']

export type BrowserName = 'firefox' | 'chromium' | 'curl'
export const BROWSERS: readonly BrowserName[] = ['firefox', 'chromium', 'curl']

/** Where a request goes, and what tells this run's values from all others. */
export type Asked = {
  readonly kind: ExchangeKind
  /** Host and port as in the Host field. */
  readonly authority: string
  /** Letters and digits; every planted value holds it. */
  readonly token: string
}

/** Host and port as in the Host field. */
export function authorityOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Stands for the client's address in fields that name it (RFC 5737: nobody's). */
export const PLANTED_ADDRESS = '203.0.113.77'
/** The site whose page loads from a third party. */
const OTHER_SITE = 'http://news.leaktest-reader.example'

type Fields = readonly (readonly [name: string, value: string])[]

/** Field lines as these programs write them to a plain http host, in their order; what the connection needs is added below. */
const OWN: { readonly [browser in BrowserName]: (asked: Asked) => Fields } = {
  // Firefox 140, Linux
  firefox: ({ kind, token }) => [
    ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
    ['Accept', kind === 'third-party' ? 'image/avif,image/webp,image/png,*/*;q=0.8' : 'text/html,*/*;q=0.8'],
    ['Accept-Language', 'de-CH,de;q=0.8,fr-CH;q=0.5,rm;q=0.3'],
    ['Accept-Encoding', 'gzip, deflate'],
    ['DNT', '1'],
    ['Sec-GPC', '1'],
    ...visitor(kind, token),
    ['Priority', kind === 'third-party' ? 'u=5, i' : 'u=0, i'],
  ],
  // Chromium 143, Windows, with the hints that a site got by Accept-CH
  chromium: ({ kind, token }) => [
    ['sec-ch-ua-platform', '"Windows"'],
    ['sec-ch-ua', '"Chromium";v="143", "Not A(Brand";v="24"'],
    ['sec-ch-ua-mobile', '?0'],
    ['sec-ch-ua-model', `"${token}-model"`],
    ['sec-ch-ua-arch', '"x86"'],
    ['sec-ch-ua-full-version-list', '"Chromium";v="143.0.7499.41", "Not A(Brand";v="24.0.0.0"'],
    ['device-memory', '8'],
    ['dpr', '1.25'],
    [
      'User-Agent',
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36',
    ],
    ['Accept', kind === 'third-party' ? 'image/avif,image/webp,image/apng,*/*;q=0.8' : 'text/html,*/*;q=0.8'],
    ['X-Client-Data', `${token}-variations`],
    ['Accept-Encoding', 'gzip, deflate'],
    ['Accept-Language', 'de-CH,de;q=0.9,en-US;q=0.8,en;q=0.7'],
    ...visitor(kind, token),
  ],
  // curl 8 with -u and -b
  curl: ({ kind, token }) => [['User-Agent', 'curl/8.14.1'], ['Accept', '*/*'], ...visitor(kind, token)],
}

/** Who the person is, to the site or to a third party. */
function visitor(kind: ExchangeKind, token: string): Fields {
  const known: Fields = [
    ['Cookie', `visitor=${token}-cookie`],
    ['Authorization', `Bearer ${token}-login`],
    ['If-None-Match', `"${token}-etag"`],
  ]
  const referer: Fields = [['Referer', `${OTHER_SITE}/account/${token}-page?utm_id=${token}-mail`]]
  return kind === 'third-party' ? [...referer, ...known] : known
}

/** What a program, an extension, a mobile network or a proxy before this one adds. */
function planted(token: string): Fields {
  const address = PLANTED_ADDRESS
  return [
    ['X-Forwarded-For', address],
    ['Forwarded', `for=${address};by=${token}-proxy`],
    ['X-Real-IP', address],
    ['Client-IP', address],
    ['True-Client-IP', address],
    ['CF-Connecting-IP', address],
    ['X-Envoy-External-Address', address],
    ['Via', `1.1 ${token}-proxy`],
    ['X-Forwarded-Host', `${token}-host.example`],
    ['From', `${token}@leaktest.example`],
    ['X-UIDH', `${token}-carrier`],
    ['X-MSISDN', `${token}-telephone`],
    ['X-Requested-With', `example.${token}.app`],
    ['X-Session-Trace', `${token}-unknown`],
    ['Proxy-Authorization', `Basic ${token}ProxyLogin`],
    ['Proxy-Leaktest', `${token}-proxy-field`],
    ['X-Nominated', `${token}-nominated`],
  ]
}

/** The request head that a browser sends to the proxy; of a tunnel, the one that it sends to the origin inside. */
export function requestHead(browser: BrowserName, asked: Asked): string {
  const { kind, authority, token } = asked
  const path = `/page?id=7&utm_source=${token}-campaign&gclid=${token}-click`
  const target = kind === 'tunnel' ? path : `http://${authority}${path}`
  return headOf(`GET ${target} HTTP/1.1`, [
    ['Host', authority],
    ...OWN[browser](asked),
    ...planted(token),
    ...ofConnection(kind),
  ])
}

/** The head by which a browser opens a tunnel, with what only a proxy is told. */
export function connectHead({ authority, token }: Asked): string {
  return headOf(`CONNECT ${authority} HTTP/1.1`, [
    ['Host', authority],
    ['User-Agent', `Browser/${token}ConnectAgent`],
    ['Proxy-Authorization', `Basic ${token}ConnectLogin`],
    ['X-Forwarded-For', PLANTED_ADDRESS],
    ['X-Connect', `${token}-connect`],
  ])
}

function ofConnection(kind: ExchangeKind): Fields {
  if (kind !== 'websocket') return [['Connection', 'keep-alive, X-Nominated']]
  return [
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ['Connection', 'keep-alive, Upgrade, X-Nominated'],
    ['Upgrade', 'websocket'],
  ]
}

function headOf(line: string, fields: Fields): string {
  return `${[line, ...fields.map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`
}

/** What an origin plants in its answers: an identifier, and orders to report one. */
export function plantedInResponse(token: string): Fields {
  return [
    ['Set-Cookie', `id=${token}-planted; Path=/`],
    ['ETag', `"${token}-validator"`],
    ['Accept-CH', 'Sec-CH-UA-Model, Device-Memory'],
    ['Critical-CH', 'Sec-CH-UA-Model'],
    ['NEL', `{"report_to":"${token}","max_age":9}`],
    ['Report-To', `{"group":"${token}","max_age":9,"endpoints":[{"url":"https://report.example/"}]}`],
    ['Reporting-Endpoints', `default="https://report.example/${token}"`],
    ['Alt-Svc', 'h3=":443"; ma=9'],
  ]
}
