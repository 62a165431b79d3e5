import { expect, test } from 'vitest'
import { createProxy } from '../../../src/app.js'
import { malformedTarget } from '../../../src/cli/malformed-target.js'
import { formatProblem } from '../../../src/errors.js'

const decision = createProxy().decide({ target: 'a..b\x07' })

test('a target of the command line is its own place', () => {
  expect(formatProblem(malformedTarget(decision))).toMatch(/^a\.\.b\\x07: .+; write a host, HOST:PORT or a URL/)
})

test('a target of a file has its line', () => {
  expect(formatProblem(malformedTarget(decision, { file: 'x.yaml', line: 4 }))).toMatch(/^x\.yaml:4:1: a\.\.b\\x07: /)
})
