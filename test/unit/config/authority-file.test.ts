import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAuthorityReader, readAuthority } from '../../../src/config/authority-file.js'
import { mergeSettings } from '../../../src/config/settings.js'
import { createTempFolder } from '../../helpers/temp-folder.js'
import { makeCertificate } from '../../helpers/tls-certificate.js'

const { file, cert } = makeCertificate()
const folder = createTempFolder()

test('reads what the configuration names, and nothing where it names none', () => {
  expect(readAuthority(file)).toBe(cert)
  expect(readAuthority(undefined)).toBeUndefined()
})

test('a file that is not there or holds no certificate is told with its name', () => {
  const missing = join(folder.path, 'none.pem')
  expect(() => readAuthority(missing)).toThrow(`${missing}: cannot be read (ENOENT); give the path of a PEM file`)
  const text = folder.write('text.pem', 'hello')
  expect(() => readAuthority(text)).toThrow(`${text}: holds no certificate`)
})

test('is read once for a configuration, so that the file may go', () => {
  const path = folder.write('ca.pem', cert)
  const config = mergeSettings({ egress: { dns: { doh: { ca: path } } } })
  const authorityOf = createAuthorityReader()
  expect(authorityOf(config)).toBe(cert)
  rmSync(path)
  expect(authorityOf(config)).toBe(cert)
  expect(() => authorityOf({ ...config })).toThrow('cannot be read')
})
