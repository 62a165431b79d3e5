import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A registry with one package, `veilgate-fixture`, whose only file says `module.exports = 'installed'`:
 * a packument and a tarball are all that `npm install` asks for.
 */
export function packageRegistry(): RequestListener {
  const tarball = packFixture()
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
  const shasum = createHash('sha1').update(tarball).digest('hex')

  return function answerRegistry(request, response) {
    if (request.url === '/veilgate-fixture') {
      const dist = {
        tarball: `http://${request.headers.host}/veilgate-fixture/-/veilgate-fixture-1.0.0.tgz`,
        integrity,
        shasum,
      }
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          name: 'veilgate-fixture',
          'dist-tags': { latest: '1.0.0' },
          versions: { '1.0.0': { name: 'veilgate-fixture', version: '1.0.0', dist } },
        }),
      )
    } else if (request.url?.endsWith('.tgz') === true) {
      response.setHeader('content-type', 'application/octet-stream')
      response.end(tarball)
    } else {
      response.statusCode = 404
      response.end('{}')
    }
  }
}

function packFixture(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'veilgate-registry-'))
  try {
    mkdirSync(join(folder, 'package'))
    writeFileSync(join(folder, 'package/package.json'), '{"name":"veilgate-fixture","version":"1.0.0","main":"i.js"}')
    writeFileSync(join(folder, 'package/i.js'), "module.exports = 'installed'\n")
    execFileSync('tar', ['-czf', 'fixture.tgz', 'package'], { cwd: folder })
    return readFileSync(join(folder, 'fixture.tgz'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
