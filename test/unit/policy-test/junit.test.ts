import { describe, expect, test } from 'vitest'
import { createProxy } from '../../../src/app.js'
import { judge } from '../../../src/policy-test/judge.js'
import { toJunit } from '../../../src/policy-test/junit.js'

const proxy = createProxy()
const verdictOf = (target: string, expected: 'allow' | 'block', title?: string) =>
  judge({ title, target, expect: expected, rule: undefined, line: 7 }, proxy.decide({ target }))

describe('toJunit', () => {
  test('a suite for each file, a case for each target, with counts', () => {
    const passed = verdictOf('a.example', 'allow', 'pages')
    const failed = verdictOf('b.example', 'block')
    expect(
      toJunit([
        { name: 'x.yaml', verdicts: [passed, failed] },
        { name: 'y.yaml', verdicts: [passed] },
      ]),
    ).toBe(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<testsuites name="veilgate" tests="3" failures="1" errors="0"><testsuite name="x.yaml" tests="2" failures="1" errors="0"><testcase name="pages: allow a.example" classname="x.yaml" file="x.yaml" line="7"/>',
        '<testcase name="block b.example" classname="x.yaml" file="x.yaml" line="7"><failure message="expected block, got allow by default">x.yaml:7: expected block, got allow by default</failure>',
        '</testcase>',
        '</testsuite>',
        '<testsuite name="y.yaml" tests="1" failures="0" errors="0"><testcase name="pages: allow a.example" classname="y.yaml" file="y.yaml" line="7"/>',
        '</testsuite>',
        '</testsuites>',
        '',
      ].join('\n'),
    )
  })

  test('nothing that people wrote is markup, and nothing is what XML cannot hold', () => {
    const xml = toJunit([
      { name: '<&>"\'', verdicts: [verdictOf('a.example', 'allow', 'bell \x07 \ud800 \ufffe ü 😀')] },
    ])
    expect(xml).toContain('name="&lt;&amp;&gt;&quot;&#39;"')
    expect(xml).toContain('name="bell \ufffd \ufffd \ufffd ü 😀: allow a.example"')
  })
})
