// Compiles src/ into dist/, and does nothing when dist/ is newer than every source: `npm start` and `npm test` call it each time.
import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const builtAt = modifiedAt(join(root, 'dist/index.js'))
const sources = readdirSync(join(root, 'src'), { recursive: true }).map((name) => join(root, 'src', name))
const newest = Math.max(...[...sources, join(root, 'tsconfig.json')].map(modifiedAt))

if (newest > builtAt) {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], { stdio: 'inherit' })
  process.exitCode = status ?? 1
}

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
