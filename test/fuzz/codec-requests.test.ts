import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PIECES_COUNTEREXAMPLES, REQUEST_COUNTEREXAMPLES } from '../fixtures/codec-counterexamples.js'
import { almostRequests, pieceLengths } from '../helpers/almost-http.js'
import { disagreement } from '../helpers/disagreement.js'
import { createRequestOracle } from '../helpers/node-parser.js'
import { readRequests } from '../helpers/read-messages.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 300) * 5

describe('the request codec', () => {
  test('is never laxer than the strict parser of Node, and reads the same where both accept', async () => {
    const oracle = createRequestOracle()
    await fc.assert(
      fc.asyncProperty(almostRequests, async (text) => {
        const bytes = Buffer.from(text, 'latin1')
        const ours = readRequests(bytes, { judgesTargets: true })
        const node = await oracle.read(bytes)
        expect(disagreement(ours, node, text)).toBeUndefined()
      }),
      { numRuns, examples: REQUEST_COUNTEREXAMPLES.map((text) => [text]) },
    )
  })

  test('gives the same events whatever pieces the bytes arrive in', () => {
    fc.assert(
      fc.property(almostRequests, pieceLengths, (text, lengths) => {
        const whole = readRequests(text)
        expect(readRequests(text, { pieces: 'bytes' })).toMatchObject({ messages: whole.messages, end: whole.end })
        expect(readRequests(text, { pieces: lengths })).toMatchObject({ messages: whole.messages, end: whole.end })
      }),
      { numRuns, examples: PIECES_COUNTEREXAMPLES.map((text) => [text, [7]]) },
    )
  })
})
