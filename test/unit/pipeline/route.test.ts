import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { compileRules } from '../../../src/compile-rules.js'
import { compileHeaderPolicies } from '../../../src/http/header-policy.js'
import { createRouteTable } from '../../../src/pipeline/route.js'
import { compileRouting } from '../../../src/pipeline/routing.js'
import type { RuleSet } from '../../../src/rules/rule.js'

const HEADERS = compileHeaderPolicies({ profile: 'off', perHost: [] }).base
const DIRECT_ONLY = compileRouting({ upstreams: {}, route: [] })
const RULES = compileRules([{ name: 't.rules', text: 'block ads.test' }])

/** The rules, and how often they were asked. */
function counted(): { readonly rules: RuleSet; asked(): number } {
  let asked = 0
  const decide: RuleSet['decide'] = (target) => {
    asked++
    return RULES.decide(target)
  }
  return { rules: { ...RULES, decide }, asked: () => asked }
}

test.each([
  ['a.test', 80, { hostField: 'a.test', key: 'a.test:80' }],
  ['A.Test.:8080', 80, { hostField: 'a.test:8080', key: 'a.test:8080' }],
  ['[::1]', 80, { hostField: '[::1]', key: '[::1]:80' }],
  ['[::1]:443', 0, { hostField: '[::1]:443', key: '[::1]:443' }],
  ['127.1:80', 0, { hostField: '127.0.0.1', key: '127.0.0.1:80' }],
] as const)('%s with default port %i becomes %j', (text, defaultPort, expected) => {
  expect(
    createRouteTable({ rules: RULES, routing: DIRECT_ONLY, headersFor: () => HEADERS }).find(text, defaultPort),
  ).toMatchObject(expected)
})

test.each([
  ['a.test', 0],
  ['', 80],
  ['a..b', 80],
  ['a.test:0', 0],
] as const)('%s with default port %i is no authority', (text, defaultPort) => {
  expect(
    createRouteTable({ rules: RULES, routing: DIRECT_ONLY, headersFor: () => HEADERS }).find(text, defaultPort),
  ).toBeUndefined()
})

test('a route carries what the rules say of its host, asked once', () => {
  const { rules, asked } = counted()
  const table = createRouteTable({ rules, routing: DIRECT_ONLY, headersFor: () => HEADERS })
  const first = table.find('ads.test', 80)
  expect(first?.decision).toMatchObject({ action: 'block', rule: { line: 1 } })
  expect(table.find('ads.test', 80)).toBe(first)
  expect(asked()).toBe(1)
})

test('a route carries what happens to its header fields, asked once for its canonical host', () => {
  const asked: unknown[] = []
  const headersFor = (target: unknown) => {
    asked.push(target)
    return HEADERS
  }
  const table = createRouteTable({ rules: RULES, routing: DIRECT_ONLY, headersFor })
  expect(table.find('A.test:81', 80)?.headers).toBe(HEADERS)
  expect(table.find('A.test:81', 80)?.headers).toBe(HEADERS)
  expect(asked).toEqual([{ host: 'a.test', port: 81, family: 0, path: undefined }])
})

test('a text without a port never stands for one of CONNECT', () => {
  const table = createRouteTable({ rules: RULES, routing: DIRECT_ONLY, headersFor: () => HEADERS })
  expect(table.find('a.test', 80)).toBeDefined()
  expect(table.find('a.test', 0)).toBeUndefined()
})

test('texts beyond the usual length are not kept', () => {
  const { rules, asked } = counted()
  const table = createRouteTable({ rules, routing: DIRECT_ONLY, headersFor: () => HEADERS })
  const long = `${'a.'.repeat(80)}test`
  expect(table.find(long, 80)).not.toBe(table.find(long, 80))
  expect(asked()).toBe(2)
})

test('a client that asks for ever more hosts does not fill the memory, and every answer stays right', () => {
  const { rules, asked } = counted()
  const table = createRouteTable({ rules, routing: DIRECT_ONLY, headersFor: () => HEADERS })
  for (let i = 0; i < 20_000; i++) expect(table.find(`h${i}.test`, 80)?.key).toBe(`h${i}.test:80`)
  table.find('h0.test', 80)
  expect(asked()).toBe(20_001)
})

test('what CONNECT asks for is kept too', () => {
  const { rules, asked } = counted()
  const table = createRouteTable({ rules, routing: DIRECT_ONLY, headersFor: () => HEADERS })
  expect(table.find('a.test:443', 0)).toBe(table.find('a.test:443', 0))
  expect(asked()).toBe(1)
})

test.each([
  [0, 'a.test:80', 80],
  [80, 'a.test:80', 0],
  [0, 'a.test:80', 0],
] as const)(
  'what is kept is bounded over both kinds: %i fills it, %s with default port %i is forgotten',
  (fill, text, kind) => {
    const { rules, asked } = counted()
    const table = createRouteTable({ rules, routing: DIRECT_ONLY, headersFor: () => HEADERS })
    table.find(text, kind)
    for (let i = 0; i < 8_192; i++) table.find(`h${i}.test:80`, fill)
    const before = asked()
    expect(table.find(text, kind)?.key).toBe('a.test:80')
    expect(asked()).toBe(before + 1)
  },
)

test('nothing of a route keeps the request head alive that it came from', () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const table = createRouteTable({ rules: RULES, routing: DIRECT_ONLY, headersFor: () => HEADERS })
  const fields = Buffer.alloc(64 * 1024, 'a')
  collect()
  const before = process.memoryUsage().heapUsed
  const kept = Array.from({ length: 400 }, (_, i) => {
    // beyond the usual length are not kept by the table, but what they lead to may be
    const host = `host-${i}.${i % 2 === 0 ? 'test' : `${'long.'.repeat(30)}test`}:8080`
    const head = Buffer.concat([Buffer.from(`GET http://${host}/ HTTP/1.1\r\n`), fields]).toString('latin1')
    return table.find(head.slice(11, 11 + host.length), 80)?.key
  })
  collect()
  expect(kept).not.toContain(undefined)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 * 1024 * 1024)
})
