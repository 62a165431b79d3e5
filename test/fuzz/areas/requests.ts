import { expect } from 'vitest'
import { disagreement } from '../../helpers/disagreement.js'
import { createRequestOracle } from '../../helpers/node-parser.js'
import { type Pieces, readRequests } from '../../helpers/read-messages.js'
import type { Area } from './area.js'

const oracle = createRequestOracle()
const PIECES: readonly Pieces[] = ['bytes', [7], [1, 40, 3]]

/** Never laxer than Node's strict parser; the same whatever pieces the octets arrive in. */
export const requests: Area = {
  name: 'requests',
  async reads(input) {
    const whole = readRequests(input, { judgesTargets: true })
    expect(disagreement(whole, await oracle.read(input), input.toString('latin1'))).toBeUndefined()
    for (const pieces of PIECES) {
      const { messages, end } = readRequests(input, { judgesTargets: true, pieces })
      expect({ messages, end }).toEqual({ messages: whole.messages, end: whole.end })
    }
    return whole.end === 'clean' || whole.end === 'stopped'
  },
}
