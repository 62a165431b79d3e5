import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config/config.js'
import { type Certificate, makeCertificate } from './certificate.js'
import type { HopSight, Seen } from './judge.js'
import { type NameServer, startDohService, startNameServer } from './name-server.js'
import { type Origin, startOrigin } from './origin.js'
import { configForRun, loginTexts, type PlayedHop, playedHops, standInUrl } from './run-config.js'
import { type StandIn, startStandIn } from './stand-in.js'

/** All that a proxy reaches in a run: every part is on loopback and leads nowhere else. */
export type Outside = {
  readonly token: string
  readonly http: Origin
  readonly https: Origin
  readonly resolver: NameServer
  /** Undefined where the configuration asks no service over HTTPS. */
  readonly doh: NameServer | undefined
  readonly certificate: Certificate
  /** The configuration of a proxy that reaches this and nothing else. */
  readonly config: Config
  readonly logins: Seen['logins']
  /** What the hops of upstreams saw since `forget`. */
  sights(): readonly HopSight[]
  /** Whether a connection from this port of 127.0.0.1 is an upstream's. */
  isUpstreamPort(port: number): boolean
  /** Forgets what was seen, but for names: these are in the proxy's cache. */
  forget(): void
  close(): Promise<void>
}

type Played = { readonly hop: PlayedHop; readonly login: readonly [string, string]; readonly standIn: StandIn }

export async function openOutside(config: Config): Promise<Outside> {
  const certificate = makeCertificate(Date.now())
  const token = `lt${randomBytes(8).toString('hex')}`
  const folder = await mkdtemp(join(tmpdir(), 'veilgate-leaktest-'))
  const opened: { close(): void }[] = []
  const close = async (): Promise<void> => {
    for (const part of opened) part.close()
    await rm(folder, { recursive: true, force: true })
  }
  const open = async <T extends { close(): void }>(starting: Promise<T>): Promise<T> => {
    const part = await starting
    opened.push(part)
    return part
  }

  try {
    const ca = join(folder, 'ca.pem')
    await writeFile(ca, certificate.cert)
    const http = await open(startOrigin(token))
    const https = await open(startOrigin(token, certificate))
    const resolver = await open(startNameServer())
    const doh = config.egress.dns.mode === 'doh' ? await open(startDohService(certificate)) : undefined
    const upstreamPorts = new Set<number>()
    const played: Played[] = []
    const leadTo = (_host: string, port: number): number | undefined => {
      const isOurs = [http, https, ...played.map(({ standIn }) => standIn)].some((part) => part.port === port)
      return isOurs ? port : undefined
    }
    for (const hop of playedHops(config)) {
      const { scheme } = hop
      const onPort = (port: number) => upstreamPorts.add(port)
      const standIn = await open(startStandIn({ scheme, certificate, leadTo, onPort }))
      played.push({ hop, standIn, login: [`u${randomBytes(8).toString('hex')}`, `p${randomBytes(8).toString('hex')}`] })
    }

    return {
      token,
      http,
      https,
      resolver,
      doh,
      certificate,
      config: configForRun(config, {
        ports: [http.port, https.port],
        nameServer: resolver.address,
        doh: doh?.address ?? '',
        ca,
        urlOf: (upstream, hop) => urlOf(played, upstream, hop),
      }),
      logins: played.flatMap(({ hop, login }) =>
        hop.hasLogin ? [{ upstream: hop.upstream, hop: hop.hop, texts: loginTexts(login) }] : [],
      ),
      sights: () =>
        played.flatMap(({ hop: { upstream, hop }, standIn }) =>
          standIn.sights.map((sight) => ({ upstream, hop, ...sight })),
        ),
      isUpstreamPort: (port) => upstreamPorts.has(port),
      forget() {
        for (const part of [http, https, ...played.map(({ standIn }) => standIn)]) part.forget()
        upstreamPorts.clear()
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function urlOf(played: readonly Played[], upstream: string, hop: number): string {
  const found = played.find((one) => one.hop.upstream === upstream && one.hop.hop === hop)
  if (found === undefined) throw new Error(`nothing plays ${upstream}`)
  return standInUrl(found.hop, found.standIn.port, found.login)
}
