import type { RenewedIdentity } from '../app.js'
import { type AskOptions, ask } from './ask.js'
import { escaped } from './escaped.js'

export type IdentityOptions = AskOptions & { readonly site?: string; readonly json?: true }

/**
 * `veilgate identity new`: has the running instance leave with new identities.
 *
 * @returns the exit code
 * @throws {InputError} the site is no host
 * @throws {CannotRunError} none runs, or it isolates nothing
 */
export async function newIdentity({ site, json, ...options }: IdentityOptions): Promise<number> {
  const request = { command: 'identity new', ...(site !== undefined && { site }) }
  const renewed = (await ask(options, request)) as RenewedIdentity
  process.stdout.write(json ? `${JSON.stringify(renewed)}\n` : `${toSentence(renewed)}\n`)
  return 0
}

function toSentence({ site, generation }: RenewedIdentity): string {
  return `${site === null ? 'everything' : escaped(site)} leaves with a new identity (generation ${generation})`
}
