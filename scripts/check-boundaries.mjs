// Checks that imports between the folders of src/ go one way and that each given package has one home (docs/architecture.md).
// Biome keeps the pure folders free of Node's modules and of clocks; it cannot say which folder may import which.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** Folder or file of src/ → what else of src/ it may import. A folder may always import itself and SHARED. */
const MAY_IMPORT = {
  'errors.ts': [],
  'channels.ts': [],
  'counted.ts': [],
  'counts.ts': [],
  'lasting-map.ts': [],
  'measures.ts': [],
  'event-loop-lag.ts': [],
  'yaml-depth.ts': [],
  http: [],
  rules: ['http'],
  policy: ['http', 'rules/rule.ts'],
  answers: ['http', 'rules/rule.ts'],
  pipeline: ['http', 'rules', 'policy', 'answers'],
  config: ['http', 'rules', 'policy', 'upstream/chain-adapter.ts', 'yaml-depth.ts'],
  observe: ['http', 'channels.ts'],
  upstream: ['http', 'rules', 'policy', 'answers', 'pipeline', 'channels.ts'],
  transport: ['http', 'rules', 'policy', 'answers', 'pipeline', 'channels.ts', 'upstream'],
  'compile-rules.ts': ['rules'],
  import: ['http', 'rules', 'yaml-depth.ts'],
  subscriptions: ['http', 'rules', 'config', 'pipeline', 'upstream'],
  control: ['config/cache-directory.ts'],
  admin: ['policy/own-listeners.ts', 'policy/upstream-settings.ts', 'transport/bind.ts'],
  'policy-test': ['rules/rule.ts', 'pipeline/decide-target.ts', 'config'],
  'policy-diff': ['rules'],
  'load-ahead.ts': ['upstream/upstream-report.ts', 'subscriptions/fetch-list.ts', 'config'],
  'serving.ts': [
    'event-loop-lag.ts',
    'http',
    'rules',
    'policy',
    'pipeline',
    'channels.ts',
    'upstream',
    'transport',
    'config',
  ],
  'app.ts': [
    'serving.ts',
    'load-ahead.ts',
    'compile-rules.ts',
    'http',
    'rules',
    'policy',
    'answers',
    'pipeline',
    'channels.ts',
    'upstream',
    'transport',
    'observe',
    'config',
    'subscriptions',
    'admin',
  ],
  workers: [
    'http',
    'rules',
    'policy/own-listeners.ts',
    'config',
    'observe',
    'transport/native-addon.ts',
    'transport/port-group.ts',
    'load-ahead.ts',
    'serving.ts',
    'app.ts',
  ],
  'index.ts': ['rules', 'compile-rules.ts', 'app.ts', 'channels.ts'],
  leaktest: ['http', 'rules', 'policy', 'config'],
  cli: [
    'leaktest',
    'compile-rules.ts',
    'http',
    'rules',
    'policy',
    'answers',
    'pipeline',
    'channels.ts',
    'upstream/chain-adapter.ts',
    'observe',
    'config',
    'subscriptions',
    'control',
    'policy-test',
    'policy-diff',
    'workers',
    'import',
    'app.ts',
  ],
}

/** Plain data and types without a dependency: anybody may name them. */
const SHARED = ['errors.ts', 'config/config.ts', 'counted.ts', 'counts.ts', 'lasting-map.ts', 'measures.ts']

/** Anybody may name its types; only the edge, which has a row above, may publish or subscribe. */
const SHARED_TYPES = ['channels.ts']

const HOMES = {
  commander: 'cli',
  winston: 'observe/logger.ts',
  'prom-client': 'admin/metrics.ts',
  micromatch: 'rules/tables',
  'proxy-chain': 'upstream/chain-adapter.ts',
  'dns-packet': 'upstream/dns/message.ts',
}

const root = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url))
const src = join(root, 'src')
const problems = readdirSync(src, { recursive: true })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts'))
  .flatMap(problemsOf)

for (const problem of problems) console.error(problem)
console.error(
  problems.length === 0 ? 'boundaries: every import goes its way' : `boundaries: ${problems.length} problems`,
)
process.exitCode = problems.length === 0 ? 0 : 1

function problemsOf(file) {
  const from = file.includes('/') ? file.slice(0, file.indexOf('/')) : file
  const may = MAY_IMPORT[from]
  if (may === undefined)
    return [`src/${file}: ${from} has no row in scripts/check-boundaries.mjs; add what it may import`]

  const text = readFileSync(join(src, file), 'utf8')
  return ts.preProcessFile(text).importedFiles.flatMap(({ fileName, pos }) => {
    const open = [...may, ...SHARED, ...(isTypeImport(text.slice(0, pos)) ? SHARED_TYPES : [])]
    const complaint = fileName.startsWith('.') ? wrongWay(file, from, open, fileName) : wrongHome(file, fileName)
    if (complaint === undefined) return []
    return [`src/${file}:${text.slice(0, pos).split('\n').length}: ${complaint}`]
  })
}

function wrongWay(file, from, open, specifier) {
  const target = posix.join(dirname(file), specifier).replace(/\.js$/, '.ts')
  if (isIn(target, from) || open.some((place) => isIn(target, place))) return undefined
  return `${from} may not import ${target}; it may import ${open.join(', ')}`
}

function wrongHome(file, specifier) {
  const home = HOMES[specifier.split('/')[0]]
  return home === undefined || isIn(file, home) ? undefined : `${specifier} has one home: src/${home}`
}

function isIn(file, place) {
  return file === place || file.startsWith(`${place}/`)
}

function isTypeImport(textBefore) {
  return /\b(?:import|export) type [^;'"]*['"]?$/.test(textBefore)
}
