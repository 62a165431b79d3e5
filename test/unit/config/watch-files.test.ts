import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { identityOf } from '../../../src/config/file-identity.js'
import { createFileWatch } from '../../../src/config/watch-files.js'
import { createTempFolder } from '../../helpers/temp-folder.js'
import { waitFor } from '../../helpers/wait-for.js'

const folder = createTempFolder()
let places = 0

function setUp(names: readonly string[], texts: readonly string[] = names.map(() => 'old')) {
  const place = join(folder.path, String(places++))
  mkdirSync(place)
  names.forEach((name, i) => {
    if (texts[i] !== '') writeFileSync(join(place, name), texts[i] ?? '')
  })
  return watching(place, names)
}

function watching(place: string, names: readonly string[]) {
  const warnings: string[] = []
  const onChange = vi.fn(async () => {})
  const watch = createFileWatch({ onChange, onWarning: (message) => void warnings.push(message) })
  onTestFinished(() => watch.close())
  const paths = names.map((name) => join(place, name))
  const files = new Map(paths.map((path) => [path, identityOf(path)]))
  return { place, paths, files, watch, onChange, warnings }
}

const changes = (onChange: ReturnType<typeof vi.fn>, times: number) =>
  waitFor(() => expect(onChange).toHaveBeenCalledTimes(times))

/** Long enough for a change to be seen several times over. */
const rest = () => new Promise((resolve) => setTimeout(resolve, 600))

test.each([
  ['is written', (path: string) => writeFileSync(path, 'new')],
  ['is appended to', (path: string) => appendFileSync(path, 'new')],
  [
    'is replaced by a rename',
    (path: string) => {
      writeFileSync(`${path}.tmp`, 'new')
      renameSync(`${path}.tmp`, path)
    },
  ],
  ['goes', (path: string) => rmSync(path)],
])('a file that %s is told of once', async (_what, change) => {
  const { paths, files, watch, onChange } = setUp(['a.rules', 'b.rules'])
  watch.follow(files)
  await rest()
  change(paths[0] ?? '')
  await changes(onChange, 1)
  await rest()
  expect(onChange).toHaveBeenCalledTimes(1)
})

test('a file that comes is told of', async () => {
  const { paths, files, watch, onChange } = setUp(['a.rules'], [''])
  watch.follow(files)
  writeFileSync(paths[0] ?? '', 'new')
  await changes(onChange, 1)
})

test('links that Kubernetes replaces are told of, time after time', async () => {
  const place = join(folder.path, String(places++))
  for (const n of [1, 2, 3]) {
    mkdirSync(join(place, `..${n}`), { recursive: true })
    writeFileSync(join(place, `..${n}`, 'a.rules'), `text ${n}`)
  }
  symlinkSync('..1', join(place, '..data'))
  symlinkSync('..data/a.rules', join(place, 'a.rules'))
  const { files, watch, onChange } = watching(place, ['a.rules'])
  watch.follow(files)
  await rest()
  for (const n of [2, 3]) {
    symlinkSync(`..${n}`, join(place, '..tmp'))
    renameSync(join(place, '..tmp'), join(place, '..data'))
    rmSync(join(place, `..${n - 1}`), { recursive: true })
    await changes(onChange, n - 1)
  }
})

test.each([
  [
    'replaced by a rename',
    (rules: string) => {
      mkdirSync(`${rules}.new`)
      writeFileSync(join(`${rules}.new`, 'a.rules'), 'new')
      renameSync(rules, `${rules}.old`)
      renameSync(`${rules}.new`, rules)
    },
    1,
  ],
  [
    'removed, and made anew later',
    async (rules: string) => {
      rmSync(rules, { recursive: true })
      await rest()
      mkdirSync(rules)
      await rest()
      writeFileSync(join(rules, 'a.rules'), 'new')
    },
    2,
  ],
] as const)('files are followed into a folder that was %s', async (_how, replace, times) => {
  const rules = join(folder.path, String(places++), 'rules')
  mkdirSync(rules, { recursive: true })
  writeFileSync(join(rules, 'a.rules'), 'old')
  const { files, watch, onChange } = watching(rules, ['a.rules'])
  watch.follow(files)
  await rest()
  await replace(rules)
  await changes(onChange, times)
  await rest()
  writeFileSync(join(rules, 'a.rules'), 'newer still')
  await changes(onChange, times + 1)
})

test('what does not change the content is not told of: a touch, the same text again, other files beside it', async () => {
  const { place, paths, files, watch, onChange } = setUp(['a.rules'])
  watch.follow(files)
  await rest()
  utimesSync(paths[0] ?? '', 1, 1)
  await rest()
  writeFileSync(join(place, 'other'), 'x')
  renameSync(join(place, 'other'), join(place, 'another'))
  writeFileSync(`${paths[0]}.tmp`, 'old')
  renameSync(`${paths[0]}.tmp`, paths[0] ?? '')
  await rest()
  expect(onChange).not.toHaveBeenCalled()
})

test('many writes one after the other are one change', async () => {
  const { paths, files, watch, onChange } = setUp(['a.rules'])
  watch.follow(files)
  await rest()
  for (let i = 0; i < 15; i++) {
    appendFileSync(paths[0] ?? '', 'more')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await changes(onChange, 1)
  await rest()
  expect(onChange.mock.calls.length).toBeLessThanOrEqual(2)
})

test('a change between the reading and the watching is seen', async () => {
  const { paths, files, watch, onChange } = setUp(['a.rules'])
  writeFileSync(paths[0] ?? '', 'newer text')
  watch.follow(files)
  await changes(onChange, 1)
})

test('files that are no longer followed, and a watch that is closed, tell nothing', async () => {
  const { paths, files, watch, onChange, warnings } = setUp(['a.rules'])
  watch.follow(files)
  watch.follow(new Map())
  writeFileSync(paths[0] ?? '', 'new')
  await rest()
  watch.follow(new Map(paths.map((path) => [path, identityOf(path)])))
  watch.close()
  writeFileSync(paths[0] ?? '', 'newer still')
  await rest()
  expect(onChange).not.toHaveBeenCalled()
  expect(warnings).toEqual([])
})
