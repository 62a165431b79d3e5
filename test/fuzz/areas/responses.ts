import { expect } from 'vitest'
import { answerDisagreement } from '../../helpers/disagreement.js'
import { readResponseWithNode } from '../../helpers/node-parser.js'
import { type Pieces, readResponses } from '../../helpers/read-messages.js'
import type { Area } from './area.js'

const PIECES: readonly Pieces[] = ['bytes', [7], [1, 40, 3]]

/** Never laxer than Node's strict parser; the same whatever pieces the octets arrive in. */
export const responses: Area = {
  name: 'responses',
  async reads(input, seed) {
    const method = seed.startsWith('head') ? 'HEAD' : 'GET'
    const whole = readResponses(input, [method])
    const node = await readResponseWithNode(input, method)
    expect(answerDisagreement(whole, node, input.toString('latin1'))).toBeUndefined()
    for (const pieces of PIECES) {
      const { messages, end } = readResponses(input, [method], { pieces })
      expect({ messages, end }).toEqual({ messages: whole.messages, end: whole.end })
    }
    return whole.end === 'clean' || whole.end === 'stopped'
  },
}
