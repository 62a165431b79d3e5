import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** Runs before each test file: caches and sockets of the person at this machine are not touched. */
const folder = mkdtempSync(join(tmpdir(), 'veilgate-xdg-'))
process.env.XDG_CACHE_HOME = join(folder, 'cache')
// short: the path of a socket has at most 107 octets
process.env.XDG_RUNTIME_DIR = folder
afterAll(() => rmSync(folder, { recursive: true, force: true }))
