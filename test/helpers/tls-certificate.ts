import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

export type TlsCertificate = {
  readonly key: string
  readonly cert: string
  /** The certificate as a file, for clients that shall trust it. */
  readonly file: string
}

/** A certificate for loopback, made by openssl on the spot and gone after the tests of this file. */
export function makeCertificate(): TlsCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'veilgate-tls-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const keyFile = join(folder, 'key.pem')
  const file = join(folder, 'cert.pem')
  const what = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const who = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1']
  execFileSync('openssl', [...what, ...who, '-keyout', keyFile, '-out', file], { stdio: 'ignore' })
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(file, 'utf8'), file }
}
