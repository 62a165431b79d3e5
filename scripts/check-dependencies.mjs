// Checks that docs/security.md lists what production installs: each dependency with its version, what it brings and its size,
// as package-lock.json and node_modules have it, and nothing else; and that none of it has a script of its own or native code.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
const direct = Object.keys(packages[''].dependencies).map((name) => `node_modules/${name}`)
const all = closureOf(direct)
const written = readFileSync(join(root, 'docs/security.md'), 'utf8')

const expected = [
  ...direct.map((path) => {
    const brought = closureOf([path]).size - 1
    return `| \`${path.slice('node_modules/'.length)}\` ${packages[path].version} | ${brought} | ${kibibytesOf([path])} |`
  }),
  `${direct.length} dependencies bring ${all.size} packages, ${kibibytesOf([...all])} KiB`,
]
const rows = [...written.matchAll(/^\| `([^`]+)` \d/gm)].map(([, name]) => `node_modules/${name}`)
const problems = [
  ...rows.filter((path) => !direct.includes(path)).map((path) => `docs/security.md: ${path} is no dependency`),
  ...expected.filter((text) => !written.includes(text)).map((text) => `docs/security.md: missing: ${text}`),
  ...[...all]
    .filter((path) => packages[path].hasInstallScript)
    .map((path) => `${path} runs a script when it is installed`),
  ...[...all].filter(hasNativeCode).map((path) => `${path} has native code`),
]
for (const problem of problems) console.error(problem)
console.error(
  problems.length === 0 ? 'dependencies: as docs/security.md lists them' : `dependencies: ${problems.length} problems`,
)
process.exitCode = problems.length === 0 ? 0 : 1

/** Paths in node_modules of these packages and all that they need. */
function closureOf(paths) {
  const found = new Set(paths)
  for (const path of found) {
    const { dependencies = {}, optionalDependencies = {} } = packages[path]
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) found.add(resolve(path, name))
  }
  return found
}

/** Where Node finds a package from another: in the nearest node_modules that has it. */
function resolve(from, name) {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))) {
    const path = `${place === '' ? '' : `${place}/`}node_modules/${name}`
    if (packages[path] !== undefined) return path
    if (place === '') throw new Error(`package-lock.json has no ${name} for ${from}`)
  }
}

function filesOf(path) {
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        !join(entry.parentPath, entry.name)
          .slice(root.length + path.length)
          .includes('node_modules'),
    )
    .map((entry) => join(entry.parentPath, entry.name))
}

function kibibytesOf(paths) {
  const bytes = paths.flatMap(filesOf).reduce((sum, file) => sum + statSync(file).size, 0)
  return Math.round(bytes / 1_024).toLocaleString('en')
}

function hasNativeCode(path) {
  return filesOf(path).some((file) => /(?:binding\.gyp|\.node|\.wasm)$/.test(file))
}
