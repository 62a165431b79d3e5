import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RESPONSE_COUNTEREXAMPLES } from '../fixtures/codec-counterexamples.js'
import { almostResponses, pieceLengths } from '../helpers/almost-http.js'
import { answerDisagreement } from '../helpers/disagreement.js'
import { readResponseWithNode } from '../helpers/node-parser.js'
import { readResponses } from '../helpers/read-messages.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 300) * 5
const method = fc.constantFrom('GET', 'GET', 'GET', 'POST', 'HEAD')

describe('the response codec', () => {
  test('is never laxer than the strict parser of Node, and reads the same where both accept', async () => {
    await fc.assert(
      fc.asyncProperty(almostResponses, method, async (text, asked) => {
        const bytes = Buffer.from(text, 'latin1')
        const node = await readResponseWithNode(bytes, asked)
        expect(answerDisagreement(readResponses(bytes, [asked]), node, text)).toBeUndefined()
      }),
      { numRuns, examples: RESPONSE_COUNTEREXAMPLES.map((text) => [text, 'GET']) },
    )
  })

  test('gives the same events whatever pieces the bytes arrive in', () => {
    fc.assert(
      fc.property(almostResponses, pieceLengths, method, (text, lengths, asked) => {
        const { messages, end } = readResponses(text, [asked])
        expect(readResponses(text, [asked], { pieces: 'bytes' })).toMatchObject({ messages, end })
        expect(readResponses(text, [asked], { pieces: lengths })).toMatchObject({ messages, end })
      }),
      { numRuns },
    )
  })
})
