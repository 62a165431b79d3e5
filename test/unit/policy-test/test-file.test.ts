import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../../src/errors.js'
import { loadTestFile, parseTestFile } from '../../../src/policy-test/test-file.js'
import { createTempFolder } from '../../helpers/temp-folder.js'

const folder = createTempFolder()
const parse = (text: string, name = '/etc/my.test.yaml') => parseTestFile(text, name)
const TESTS = 'tests: [{ expect: block, host: a.example }]\n'

describe('parseTestFile', () => {
  test('an expectation for each target, with the line of its test', () => {
    const { expectations } = parse(
      'tests:\n- name: ads\n  expect: block\n  host: [a.example, b.example]\n  rule: .example\n- { expect: allow, url: http://c.example/ }\n',
    )
    expect(expectations).toEqual([
      { title: 'ads', target: 'a.example', expect: 'block', rule: '.example', line: 2 },
      { title: 'ads', target: 'b.example', expect: 'block', rule: '.example', line: 2 },
      { title: undefined, target: 'http://c.example/', expect: 'allow', rule: undefined, line: 6 },
    ])
  })

  test('paths are relative to the file', () => {
    const { settings, config } = parse(
      `rules: [a.rules, { path: ../b.rules, action: allow }]\nconfig: v.yaml\n${TESTS}`,
    )
    expect(settings.rules?.files).toEqual([
      { name: 'a.rules', path: '/etc/a.rules', action: 'block' },
      { name: '../b.rules', path: '/b.rules', action: 'allow' },
    ])
    expect(config).toBe('/etc/v.yaml')
  })

  test.each([
    ['/etc/my.test.yaml', 'my.rules'],
    ['/etc/my.test.yml', 'my.rules'],
    ['/etc/my.test.json', 'my.rules'],
    ['/etc/my.yaml', 'my.rules'],
  ])('%s without rules asks %s beside it', (name, beside) => {
    expect(parse(TESTS, name).settings.rules?.files).toEqual([
      { name: beside, path: `/etc/${beside}`, action: 'block' },
    ])
  })

  test('a configuration brings its own rules', () => {
    expect(parse(`config: v.yaml\n${TESTS}`).settings.rules?.files).toBeUndefined()
  })

  test('default and scope stand over those of the configuration', () => {
    expect(parse(`default: block\nscope: suffix\n${TESTS}`).settings.rules).toMatchObject({
      default: 'block',
      scope: 'suffix',
    })
  })

  test.each(['client', 'user', 'group', 'at'])('leaves room for %s', (key) => {
    expect(() => parse(`tests: [{ expect: block, host: a, ${key}: x }]`)).toThrow(
      `tests.1.${key}: this version does not have this key yet`,
    )
  })

  test('a slip is shown where it is', () => {
    expect(() => parse('tests:\n- expect: block\n  hots: a.example\n')).toThrow(
      '/etc/my.test.yaml:3:3: tests.1.hots: unknown key; did you mean host?',
    )
  })
})

test('loadTestFile reads it from disk', async () => {
  const file = folder.write('x.test.yaml', TESTS)
  expect((await loadTestFile(file)).settings.rules?.files).toMatchObject([{ path: join(folder.path, 'x.rules') }])
  await expect(loadTestFile(join(folder.path, 'nowhere'))).rejects.toThrow(InputError)
})
