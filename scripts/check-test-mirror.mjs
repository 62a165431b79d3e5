// Checks that every file of src/ has its own test file at the same place under test/unit/.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Files without a test of their own, each with the reason. A row whose file is gone or has a test is an error. */
const EXEMPT = {
  'answers/refusal-data.ts': 'types only',
  'config/document-grammar.ts': 'types only',
  'cli/help-texts.ts': 'texts; test/unit/cli/main.test.ts and scripts/check-docs.mjs read them',
  'pipeline/policy.ts': 'types only',
  'rules/rule.ts': 'types only',
  'rules/table.ts': 'types only',
  'transport/context.ts': 'types only',
  'upstream/wire.ts': 'types only',
  'workers/messages.ts': 'types only',
  'workers/worker.ts': 'wiring: the program of a process; test/integration/workers.test.ts runs it',
  'upstream/dns/transport.ts': 'types, and a reply without anything in it',
  'leaktest/items.ts': 'a table; test/unit/leaktest/run.test.ts asks every row under every profile',
  'channels.ts': 'types and the name of a channel; test/unit/observe/access-log.test.ts subscribes to it',
  'app.ts': 'wiring; test/integration runs it',
  'serving.ts': 'wiring; test/integration runs it',
  'load-ahead.ts': 'imports; test/integration/replaced-installation.test.ts runs an instance that depends on them',
  'index.ts': 'wiring: re-exports; .ci/run imports it from the packed package',
}

const root = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url))
const sources = readdirSync(join(root, 'src'), { recursive: true })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts'))

const problems = [
  ...sources
    .filter((file) => !hasTest(file) && EXEMPT[file] === undefined)
    .map(
      (file) =>
        `src/${file}: write test/unit/${testOf(file)}, or exempt it in scripts/check-test-mirror.mjs with the reason`,
    ),
  ...Object.keys(EXEMPT)
    .filter((file) => !sources.includes(file))
    .map((file) => `scripts/check-test-mirror.mjs: src/${file} is exempt and does not exist; remove its row`),
  ...Object.keys(EXEMPT)
    .filter((file) => sources.includes(file) && hasTest(file))
    .map((file) => `scripts/check-test-mirror.mjs: src/${file} is exempt and has a test; remove its row`),
]

for (const problem of problems) console.error(problem)
console.error(
  problems.length === 0 ? 'test mirror: every source has its test' : `test mirror: ${problems.length} problems`,
)
process.exitCode = problems.length === 0 ? 0 : 1

function hasTest(file) {
  return existsSync(join(root, 'test/unit', testOf(file)))
}

function testOf(file) {
  return file.replace(/\.ts$/, '.test.ts')
}
