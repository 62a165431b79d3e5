// Compiles src/ into dist/, and bundles the command with all that it loads into dist/command/ (docs/decisions/0006): a file
// for each module costs the command half of its time to start. Does nothing when dist/ is newer than every source:
// `npm start` and `npm test` call it each time.
import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
const builtAt = modifiedAt(join(root, 'dist/command/main.js'))
const sources = readdirSync(join(root, 'src'), { recursive: true }).map((name) => join(root, 'src', name))
const settings = ['tsconfig.json', 'package-lock.json', 'scripts/build.mjs'].map((name) => join(root, name))
const newest = Math.max(...[...sources, ...settings].map(modifiedAt))

if (newest > builtAt) {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], { stdio: 'inherit' })
  if (status === 0) await bundle()
  process.exitCode = status ?? 1
}

/** All files stay one folder below dist/, as those of src/ are: paths relative to a module hold in both. */
async function bundle() {
  const input = { main: join(root, 'dist/cli/main.js'), worker: join(root, 'dist/workers/worker.js') }
  const build = await rolldown({ input, platform: 'node', logLevel: 'warn' })
  await build.write({
    dir: join(root, 'dist/command'),
    format: 'esm',
    chunkFileNames: '[name]-[hash].js',
    comments: false,
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
    plugins: [{ name: 'ascii', generateBundle: (_, bundle) => Object.values(bundle).forEach(toAscii) }],
  })
  await build.close()
}

/** V8 keeps a source in one octet a character, but in two as soon as a single one is beyond latin1. */
function toAscii(chunk) {
  chunk.code = chunk.code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
