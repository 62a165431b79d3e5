/** A GET as clients send it to a proxy. */
export function get(url: string, fields = ''): string {
  return `GET ${url} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${fields}\r\n`
}

export function connectTo(authority: string, fields = ''): string {
  return `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${fields}\r\n`
}
