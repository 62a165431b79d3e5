import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'veilgate-boundaries-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the import check', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['src/http/a.ts', "import { decide } from '../rules/decide.js'", 'http may not import rules/decide.ts'],
    ['src/rules/tables/a.ts', "import { b } from '../../pipeline/b.js'", 'rules may not import pipeline/b.ts'],
    ['src/policy/a.ts', "import { b } from '../rules/compile.js'", 'policy may not import rules/compile.ts'],
    ['src/answers/a.ts', "export { b } from '../transport/b.js'", 'answers may not import transport/b.ts'],
    ['src/pipeline/a.ts', "const b = await import('../upstream/b.js')", 'pipeline may not import upstream/b.ts'],
    ['src/pipeline/b.ts', "import { exchangeSettled } from '../channels.js'", 'pipeline may not import channels.ts'],
    ['src/upstream/a.ts', "import { b } from '../transport/b.js'", 'upstream may not import transport/b.ts'],
    ['src/transport/a.ts', "import { b } from '../observe/logger.js'", 'transport may not import observe/logger.ts'],
    ['src/app.ts', "import { run } from './cli/main.js'", 'app.ts may not import cli/main.ts'],
    ['src/index.ts', "import { Command } from 'commander'", 'commander has one home: src/cli'],
    ['src/observe/access-log.ts', "import winston from 'winston'", 'winston has one home: src/observe/logger.ts'],
    ['src/rules/compile.ts', "import micromatch from 'micromatch'", 'micromatch has one home: src/rules/tables'],
    [
      'src/upstream/dial.ts',
      "import { x } from 'proxy-chain'",
      'proxy-chain has one home: src/upstream/chain-adapter.ts',
    ],
    ['src/subscriptions/a.ts', "import { b } from '../transport/b.js'", 'subscriptions may not import transport/b.ts'],
    ['src/control/a.ts', "import { b } from '../app.js'", 'control may not import app.ts'],
    ['src/upstream/b.ts', "import { b } from '../subscriptions/b.js'", 'upstream may not import subscriptions/b.ts'],
    ['src/transport/c.ts', "import { c } from '../admin/c.js'", 'transport may not import admin/c.ts'],
    ['src/observe/m.ts', "import { Gauge } from 'prom-client'", 'prom-client has one home: src/admin/metrics.ts'],
    ['src/import/a.ts', "import { b } from '../config/b.js'", 'import may not import config/b.ts'],
    ['src/peers/a.ts', 'export const a = 1', 'peers has no row'],
  ]

  test('refuses an import that goes the wrong way or a package away from its home', () => {
    for (const [path, line] of cases) write(path, line)
    const { status, stderr } = checkBoundaries()
    for (const [path, , complaint] of cases) expect(stderr).toMatch(new RegExp(`^${path}:.*${complaint}`, 'm'))
    expect(stderr).toContain(`${cases.length} problems`)
    expect(status).toBe(1)
  })

  test('names file and line', () => {
    write('src/http/a.ts', "import { isIP } from 'node:net'\nimport { x } from '../cli/x.js'\n")
    expect(checkBoundaries().stderr).toContain('src/http/a.ts:2: ')
  })

  test('lets imports pass that go the right way', () => {
    write(
      'src/http/a.ts',
      "import { ProxyError } from '../errors.js'\nimport type { Limits } from '../config/config.js'",
    )
    write('src/pipeline/a.ts', "import { a } from '../http/a.js'\nimport type { DecisionReason } from '../channels.js'")
    write('src/cli/main.ts', "import { Command } from 'commander'\nimport { createApp } from '../app.js'")
    expect(checkBoundaries().status).toBe(0)
  })
})

describe('the linter', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'src/http/fs.ts',
      "import { readFileSync } from 'node:fs'\nexport const a = readFileSync\n",
      'noRestrictedImports',
    ],
    ['src/rules/net.ts', "import { connect } from 'node:net'\nexport const a = connect\n", 'noRestrictedImports'],
    ['src/policy/net-all.ts', "import * as net from 'node:net'\nexport const a = net\n", 'noRestrictedImports'],
    [
      'src/answers/url.ts',
      "import { fileURLToPath } from 'node:url'\nexport const a = fileURLToPath\n",
      'noRestrictedImports',
    ],
    ['src/pipeline/timer.ts', 'setTimeout(() => undefined, 1)\n', 'noRestrictedGlobals'],
    ['src/pipeline/process.ts', 'export const a = process.pid\n', 'noRestrictedGlobals'],
    ['src/subscriptions/schedule.ts', 'export const a = Date.now()\n', 'noJsRestrictedProperties'],
    [
      'src/control/protocol.ts',
      "import { readFileSync } from 'node:fs'\nexport const a = readFileSync\n",
      'noRestrictedImports',
    ],
    ['src/http/clock.ts', 'export const a = Date.now()\n', 'noJsRestrictedProperties'],
    ['src/http/chance.ts', 'export const a = Math.random()\n', 'noJsRestrictedProperties'],
    ['src/transport/default.ts', 'export default 1\n', 'noDefaultExport'],
    ['src/transport/barrel.ts', "export * from './x.js'\n", 'noBarrelFile'],
    ['src/transport/snake_case.ts', 'export const a = 1\n', 'useFilenamingConvention'],
    ['src/transport/bang.ts', 'export const a = [1][0]!\n', 'noNonNullAssertion'],
    ['src/transport/any.ts', 'export const a: any = 1\n', 'noExplicitAny'],
    ['src/transport/lost.ts', 'async function a(): Promise<void> {}\na()\n', 'noFloatingPromises'],
  ]

  test('refuses in the folder concerned what the style forbids, and nothing else', () => {
    copyFileSync(join(root, 'biome.json'), join(folder, 'biome.json'))
    writeFileSync(join(folder, '.gitignore'), 'node_modules/\n')
    for (const [path, text] of cases) write(path, text)
    write('src/http/fine.ts', "import { isIP } from 'node:net'\nexport const a = isIP('::1')\n")
    write('src/transport/fine.ts', "import { connect } from 'node:net'\nexport const a = connect\n")

    const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
    const lint = spawnSync(process.execPath, [biome, 'lint', '--reporter=github'], { cwd: folder, encoding: 'utf8' })
    const found = [...`${lint.stdout}${lint.stderr}`.matchAll(/title=lint\/\w+\/(\w+),file=[^,]*?(src\/[^,]*)/g)]
    expect(found.map(([, rule, path]) => `${path} ${rule}`).sort()).toEqual(
      cases.map(([path, , rule]) => `${path} ${rule}`).sort(),
    )
  })
})

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

function checkBoundaries() {
  const script = join(root, 'scripts/check-boundaries.mjs')
  return spawnSync(process.execPath, [script, folder], { encoding: 'utf8' })
}
