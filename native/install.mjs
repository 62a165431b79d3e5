// Builds the native edge when veilgate is installed. Never fails: where it cannot be built, one line says why, and the
// engine js serves.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const whyNot = build()
if (whyNot !== undefined) console.log(`veilgate: the native engine is left out (${whyNot}); the engine js serves`)

/** Undefined when it was built, else why it was not. */
function build() {
  if (process.platform !== 'linux') return 'it is made for Linux'
  const nodeGyp = findNodeGyp()
  if (nodeGyp === undefined) return 'node-gyp, which comes with npm, was not found'
  const prefix = headersPrefix()
  const args = [nodeGyp, 'rebuild', ...(prefix === undefined ? [] : [`--nodedir=${prefix}`])]
  const { status, error, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: here,
    encoding: 'utf8',
    timeout: 300_000,
  })
  if (error !== undefined) return error.message
  return status === 0 ? undefined : firstFault(`${stderr}\n${stdout}`)
}

/** npm, pnpm and yarn tell their scripts where theirs is; without them it is looked for beside the running Node. */
function findNodeGyp() {
  const beside = '../lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js'
  const places = [process.env.npm_config_node_gyp, join(dirname(process.execPath), beside)]
  return places.find((place) => place !== undefined && existsSync(place))
}

/** Where the headers of the running Node are, if it was installed with them: nothing needs to be downloaded then. */
function headersPrefix() {
  const prefix = join(dirname(process.execPath), '..')
  const include = join(prefix, 'include/node')
  const needed = ['node_api.h', 'uv.h', 'common.gypi', 'config.gypi']
  if (!needed.every((name) => existsSync(join(include, name)))) return undefined
  return versionOf(readFileSync(join(include, 'node_version.h'), 'utf8')) === process.version ? prefix : undefined
}

function versionOf(header) {
  const number = (name) => new RegExp(`#define NODE_${name}_VERSION (\\d+)`).exec(header)?.[1]
  return `v${number('MAJOR')}.${number('MINOR')}.${number('PATCH')}`
}

/** The line of all that output which says what was wrong. */
function firstFault(output) {
  const lines = output.split('\n').map((line) => line.trim())
  const fault =
    lines.find((line) => /\berror:|: not found|No such file/i.test(line)) ??
    lines.find((line) => /^gyp ERR! (?:stack )?(?:Error: |find )/.test(line)) ??
    lines.find((line) => line.startsWith('gyp ERR!'))
  return fault?.replace(/^gyp ERR! (?:stack )?(?:Error: )?/, '') ?? 'node-gyp failed'
}
