import { describe, expect, test } from 'vitest'
import { FRAMING_ATTACKS, HEAD_ATTACKS, RESPONSE_ATTACKS, TARGET_ATTACKS } from '../../fixtures/attack-messages.js'
import type { CodecCase } from '../../fixtures/codec-case.js'
import * as requests from '../../fixtures/llhttp-requests.js'
import * as responses from '../../fixtures/llhttp-responses.js'
import { answerDisagreement, disagreement } from '../../helpers/disagreement.js'
import { createRequestOracle, readResponseWithNode } from '../../helpers/node-parser.js'
import { type Reading, readRequests, readResponses } from '../../helpers/read-messages.js'

const REQUESTS: readonly CodecCase[] = [...Object.values(requests).flat(), ...FRAMING_ATTACKS, ...HEAD_ATTACKS]
const RESPONSES: readonly CodecCase[] = [...Object.values(responses).flat(), ...RESPONSE_ATTACKS]

describe('requests', () => {
  test.each(REQUESTS)('$title: $end', async ({ bytes, reads, end }) => {
    expect(outcome(readRequests(bytes))).toEqual({ reads, end })
    expect(outcome(readRequests(bytes, { pieces: 'bytes' }))).toEqual({ reads, end })
    const node = await createRequestOracle().read(Buffer.from(bytes, 'latin1'))
    expect(disagreement(readRequests(bytes), node, bytes)).toBeUndefined()
  })
})

describe('targets', () => {
  test.each(TARGET_ATTACKS)('$title: $end', async ({ bytes, reads, end }) => {
    expect(outcome(readRequests(bytes, { judgesTargets: true }))).toEqual({ reads, end })
    const node = await createRequestOracle().read(Buffer.from(bytes, 'latin1'))
    expect(disagreement(readRequests(bytes, { judgesTargets: true }), node, bytes)).toBeUndefined()
  })
})

describe('responses', () => {
  test.each(RESPONSES)('$title: $end', async ({ bytes, reads, end, methods = ['GET'] }) => {
    expect(outcome(readResponses(bytes, methods))).toEqual({ reads, end })
    expect(outcome(readResponses(bytes, methods, { pieces: 'bytes' }))).toEqual({ reads, end })
    const node = await readResponseWithNode(Buffer.from(bytes, 'latin1'), methods[0] ?? 'GET')
    expect(answerDisagreement(readResponses(bytes, methods), node, bytes)).toBeUndefined()
  })
})

function outcome({ messages, end }: Reading): Pick<CodecCase, 'reads' | 'end'> {
  return { reads: messages.map(({ start, body }) => [start, body] as const), end }
}
