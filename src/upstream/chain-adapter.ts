import { closeTunnel, createTunnel, redactUrl } from 'proxy-chain'

const HIDDEN = '<redacted>'

/** Up to the last `@`, as a URL parser takes the authority: a password may hold an `@` of its own. */
const URL_WITH_USERINFO = /[a-z][a-z0-9+.-]*:[/\\]{0,2}[^\s'"<>]*@[^\s'"<>]*/gi

/**
 * A URL as it may be shown to a person or written to a log: without password,
 * and without a user name that stands alone, since that is how tokens are sent.
 * Text that is no URL loses everything before its last `@`.
 */
export function showUrl(url: string): string {
  if (!url.includes('@')) return url
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url) || !URL.canParse(url)) return withoutUserinfo(url)
  const { username, password } = new URL(url)
  if (password !== '') return redactUrl(url, HIDDEN)
  return username === '' ? url : withoutUserinfo(url)
}

/** Every URL within a text as `showUrl` shows it. */
export function showUrls(text: string): string {
  return text.replace(URL_WITH_USERINFO, showUrl)
}

export type LocalTunnel = {
  /** `127.0.0.1:41234` */
  readonly address: string
  /** Takes no more clients and ends those there are. */
  close(): Promise<void>
}

/**
 * A local port whose every connection leads to one target through an http or
 * https proxy.
 *
 * @param target `host:port`
 * @throws {Error} the port is taken, may not be bound
 */
export async function openTunnel(
  proxyUrl: string,
  target: string,
  listen: { readonly host: string; readonly port: number },
): Promise<LocalTunnel> {
  const address = await createTunnel(proxyUrl, target, { hostname: listen.host, port: listen.port })
  return {
    address,
    async close() {
      await closeTunnel(address, true)
    },
  }
}

function withoutUserinfo(url: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:[/\\]{2}/i.exec(url)?.[0] ?? ''
  return `${scheme}${HIDDEN}${url.slice(url.lastIndexOf('@'))}`
}
