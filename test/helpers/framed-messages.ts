/** A body of eight octets with its fields, behind the other fields of a head. */
export const SIZED = 'Content-Length: 8\r\n\r\nhelloyou'
export const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n3\r\nyou\r\n0\r\nX-Trailer: 1\r\n\r\n'

/** A request of each framing to an origin (`http://127.0.0.1:8080`), as clients send it to a proxy. */
export const REQUESTS: readonly (readonly [name: string, text: (url: string) => string])[] = [
  ['with a length', (url) => `POST ${url}/ HTTP/1.1\r\nHost: x\r\n${SIZED}`],
  ['in chunks', (url) => `POST ${url}/ HTTP/1.1\r\nHost: x\r\n${CHUNKED}`],
  ['without a body', (url) => `GET ${url}/ HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['of a tunnel', (url) => `CONNECT ${url.slice(7)} HTTP/1.1\r\nHost: x\r\n\r\n`],
]
