// Checks that the documents say what the built code has: errors, configuration keys, options, header rows, links, commands.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { ERROR_CATALOG } = await import(new URL('../dist/errors.js', import.meta.url))
const { FILE_SCHEMA_JSON } = await import(new URL('../dist/config/schema.js', import.meta.url))
const { AGENTS, DISGUISES } = await import(new URL('../dist/http/disguise.js', import.meta.url))
const { TRACKING_PARAMETERS } = await import(new URL('../dist/http/tracking-parameters.js', import.meta.url))
const { HEADER_CATALOG } = await import(new URL('../dist/http/header-catalog.js', import.meta.url))

const optionsOf = new Map(commandsOf(helpOf()).map((command) => [command, longOptionsIn(helpOf(command))]))
const packageJson = JSON.parse(read('package.json'))
const markdown = [
  ...readdirSync(root),
  ...readdirSync(join(root, 'docs'), { recursive: true }).map((name) => `docs/${name}`),
]
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.md'))

const problems = [
  ...checkErrors(),
  ...checkConfiguration(),
  ...checkOptions(),
  ...checkHeaders(),
  ...checkDisguise(),
  ...markdown.flatMap(checkLinks),
  ...markdown.flatMap(checkCommands),
  ...markdown.flatMap(checkPaths),
]
for (const problem of problems) console.error(problem)
console.error(problems.length === 0 ? 'docs: in step with the code' : `docs: ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1

/** One row a code, equal to the code's; and a step of the way of a request that answers it. */
function checkErrors() {
  const written = read('docs/errors.md').match(/^\| `VG_.*$/gm) ?? []
  const expected = Object.entries(ERROR_CATALOG).map(
    ([code, { status, proxyStatus, summary, closes }]) =>
      `| \`${code}\` | ${status} | \`${proxyStatus}\` | ${summary} | ${closes ? 'closed' : 'kept'} |`,
  )
  const lifecycle = read('docs/request-lifecycle.md')
  return [
    ...difference('docs/errors.md', expected, written),
    ...Object.keys(ERROR_CATALOG)
      .filter((code) => !lifecycle.includes(`\`${code}\``))
      .map((code) => `docs/request-lifecycle.md: no step answers ${code}`),
  ]
}

/** Every key as `section.key` in code style, and no key that does not exist; for every limit the reason for its number. */
function checkConfiguration() {
  const keys = keysOf(FILE_SCHEMA_JSON)
  const sections = new Set(keys.map((key) => key.split('.')[0]))
  const written = (read('docs/configuration.md').match(/^\| `[\w.]+`/gm) ?? []).map((cell) => cell.slice(3, -1))
  const reasons = sectionOf(read('docs/configuration.md'), 'Why these numbers')
  return [
    ...difference(
      'docs/configuration.md',
      keys,
      written.filter((key) => sections.has(key.split('.')[0])),
    ),
    ...keys
      .filter((key) => key.startsWith('limits.') && !reasons.includes(`\n| \`${key.slice('limits.'.length)}\` `))
      .map((key) => `docs/configuration.md: no reason for the number of ${key}`),
  ]
}

/** Every long option of every command. */
function checkOptions() {
  const known = new Set([...optionsOf.values()].flatMap((options) => [...options]))
  const written = longOptionsIn(read('docs/cli.md'))
  return [...known].filter((option) => !written.has(option)).map((option) => `docs/cli.md: ${option} is missing`)
}

/** One row a field, equal to the catalogue's. */
function checkHeaders() {
  const groups = [...new Set(HEADER_CATALOG.map(({ group }) => group))]
  const row = new RegExp(`^\\| \`[^\`]+\` \\| (?:${groups.join('|')}) \\|.*$`, 'gm')
  const expected = HEADER_CATALOG.map(
    ({ name, group, act, source }) => `| \`${name}\` | ${group} | ${act} | ${source} |`,
  )
  return difference('docs/headers.md', expected, read('docs/headers.md').match(row) ?? [])
}

/** One row a parameter, one a family of the disguise, and one a browser of identities. */
function checkDisguise() {
  const text = read('docs/headers.md')
  const parameters = sectionOf(text, 'Tracking parameters').match(/^\| `.*$/gm) ?? []
  const families = sectionOf(text, 'The disguise').match(/^\| \w.*`Mozilla.*$/gm) ?? []
  return [
    ...difference(
      'docs/headers.md',
      TRACKING_PARAMETERS.map(({ name, source }) => `| \`${name}\` | ${source} |`),
      parameters,
    ),
    ...difference(
      'docs/headers.md',
      AGENTS.map(({ family, agent }) => `| ${family} | \`${agent}\` |`),
      families,
    ),
    ...difference(
      'docs/headers.md',
      DISGUISES.map(({ family, language, share }) => `| ${share} | ${family} | \`${language}\` |`),
      sectionOf(text, 'The disguise').match(/^\| \d.*$/gm) ?? [],
    ),
  ]
}

function sectionOf(text, heading) {
  return text.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? ''
}

function checkLinks(file) {
  return [...withoutCode(read(file)).matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].flatMap(
    ([, path, anchor]) => {
      const target = path === '' ? file : relative(root, resolve(root, dirname(file), path))
      if (!existsSync(join(root, target))) return [`${file}: link to ${path}, which does not exist`]
      if (anchor === undefined || anchorsOf(target).has(anchor)) return []
      return [`${file}: link to ${target}#${anchor}, and no heading there has that anchor`]
    },
  )
}

/** Commands in shell blocks: scripts of package.json, commands and options of veilgate, files that node runs. */
function checkCommands(file) {
  const shell = [...read(file).matchAll(/^```(?:sh|console)\n(.*?)^```/gms)]
    .map(([, block]) => block.replaceAll('\\\n', ' '))
    .join('\n')
  return shell.split('\n').flatMap((line) => {
    const command = line.replace(/\s#\s.*$/, '')
    return [
      ...[...command.matchAll(/\bnpm run ([\w:-]+)/g)]
        .filter(([, name]) => packageJson.scripts[name] === undefined)
        .map(([, name]) => `${file}: npm run ${name} does not exist`),
      ...[...command.matchAll(/\bnode ((?:scripts|bench)\/\S+)/g)]
        .filter(([, path]) => !existsSync(join(root, path)))
        .map(([, path]) => `${file}: ${path} does not exist`),
      ...[...command.matchAll(/(?:^|[\s/])veilgate ([a-z]+)((?: +[^\s|&;]+)*)/g)].flatMap(([, name, words]) =>
        unknownWords(file, name, words),
      ),
    ]
  })
}

/** Files named in code style, from the top or from src/. */
function checkPaths(file) {
  return [...withoutCode(read(file)).matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|mjs|json|rules))`/g)]
    .filter(([, path]) => !existsSync(join(root, path)) && !existsSync(join(root, 'src', path)))
    .map(([, path]) => `${file}: ${path} does not exist`)
}

function unknownWords(file, name, words) {
  const options = optionsOf.get(name)
  if (options === undefined) return name === 'help' ? [] : [`${file}: veilgate ${name} does not exist`]
  return [...longOptionsIn(words)]
    .filter((option) => !options.has(option))
    .map((option) => `${file}: veilgate ${name} has no ${option}`)
}

function difference(file, expected, written) {
  return [
    ...expected.filter((entry) => !written.includes(entry)).map((entry) => `${file}: missing: ${entry}`),
    ...written.filter((entry) => !expected.includes(entry)).map((entry) => `${file}: not in the code: ${entry}`),
  ]
}

function keysOf(schema, prefix = '') {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const deeper = keysOf(value, `${prefix}${key}.`)
    return deeper.length > 0 ? deeper : [`${prefix}${key}`]
  })
}

function helpOf(...command) {
  return spawnSync(process.execPath, [join(root, 'bin/veilgate'), ...command, '--help'], { encoding: 'utf8' }).stdout
}

function commandsOf(help) {
  const list = help.slice(help.indexOf('Commands:'))
  return [...list.matchAll(/^ {2}([a-z]+)\b/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'help' && name !== 'veilgate')
}

function longOptionsIn(text) {
  return new Set(text.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? [])
}

/** Anchors as GitHub makes them from headings. */
function anchorsOf(file) {
  const headings = withoutCode(read(file)).match(/^#+ .*$/gm) ?? []
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function withoutCode(text) {
  return text.replace(/^```.*?^```/gms, '')
}

/** Empty for a missing file: then everything it should say is missing. */
function read(file) {
  return existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : ''
}
