import { METHODS } from 'node:http'
import type { NodeReading } from './node-parser.js'
import type { Reading, ReadMessage } from './read-messages.js'

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS)

const TABBED_OPTION = /connection:[^\r\n]*\t/i

/**
 * Where our reading of bytes breaks the rule of the oracle: we may refuse what
 * Node's strict parser takes, never take what it refuses, and where both take a
 * message they read the same. Undefined when the rule holds.
 */
export function disagreement(ours: Reading, node: NodeReading, text: string): string | undefined {
  for (const [i, mine] of ours.messages.entries()) {
    // any token is a method for us; Node knows a list
    if (!KNOWN_METHODS.has(mine.start.split(' ')[0] ?? '') && !/^\d{3} \d$/.test(mine.start)) return undefined
    const theirs = node.messages[i]
    // llhttp does not see an option next to a tab, which is legal white space: that decides on persistence, not on syntax
    if (theirs === undefined && node.why === 'HPE_CLOSED_CONNECTION' && TABBED_OPTION.test(text)) return undefined
    if (theirs === undefined) return `message ${i}: Node refuses what we take (${node.why || node.end})`
    if (mine.start !== theirs.start) return `message ${i}: ${mine.start} / ${theirs.start}`
    const fields = JSON.stringify(mine.fields)
    if (fields !== JSON.stringify(theirs.fields))
      return `message ${i}: fields ${fields} / ${JSON.stringify(theirs.fields)}`
    // Node drops what follows an upgrade that nobody listens to
    if (isUpgrade(mine)) return undefined
    if (ours.end === 'stopped' && !mine.ended) return undefined
    if (mine.ended && !theirs.ended) return `message ${i}: we see its end, Node does not (${node.why || node.end})`
    if (mine.ended ? mine.body !== theirs.body : !theirs.body.startsWith(mine.body)) {
      return `message ${i}: body ${JSON.stringify(mine.body)} / ${JSON.stringify(theirs.body)}`
    }
  }
  if (ours.end !== 'clean') return undefined
  if (node.end !== 'clean') return `we take all of it, Node does not (${node.why || node.end})`
  if (node.messages.length !== ours.messages.length) return `${ours.messages.length} messages / ${node.messages.length}`
  return undefined
}

/** The same for the answer to one request: Node's client reads 1xx and one final response, and nothing behind it. */
export function answerDisagreement(ours: Reading, node: NodeReading, text: string): string | undefined {
  const final = ours.messages.findIndex(({ start }) => !start.startsWith('1') || start.startsWith('101'))
  const messages = final === -1 ? ours.messages : ours.messages.slice(0, final + 1)
  return disagreement({ ...ours, messages, end: 'cut' }, node, text)
}

function isUpgrade({ fields }: ReadMessage): boolean {
  const has = (name: string, token: RegExp) => fields.some(([n, v]) => name.includes(n.toLowerCase()) && token.test(v))
  return has('upgrade', /./) && has('connection proxy-connection', /upgrade/i)
}
