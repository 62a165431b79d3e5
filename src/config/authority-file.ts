import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { InputError } from '../errors.js'
import type { Config } from './config.js'

/**
 * Authorities of a PEM file, for one server.
 *
 * @param path absolute; undefined where the configuration names none
 * @returns its text
 * @throws {InputError} it cannot be read or does not begin with a certificate
 */
export function readAuthority(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw fault(path, `cannot be read (${why})`)
  }
  try {
    new X509Certificate(text)
    return text
  } catch {
    throw fault(path, 'holds no certificate')
  }
}

/**
 * Reads the authorities of DNS over HTTPS once for each configuration: rules that
 * change under it do not depend on a file that may have gone.
 */
export function createAuthorityReader(): (config: Config) => string | undefined {
  const authorities = new WeakMap<Config, string | undefined>()
  return (config) => {
    if (!authorities.has(config)) authorities.set(config, readAuthority(config.egress.dns.doh.ca))
    return authorities.get(config)
  }
}

function fault(file: string, message: string): InputError {
  const fix = 'give the path of a PEM file with a certificate that this user may read'
  return new InputError([{ file, line: 0, column: 0, message, fix }])
}
