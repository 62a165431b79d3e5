import { type Answer, decode, encode, type Question, RECURSION_AVAILABLE, RECURSION_DESIRED } from 'dns-packet'

export type ReplyParts = {
  readonly addresses?: readonly string[]
  /** The chain from the name asked for to the owner of the addresses. */
  readonly cnames?: readonly string[]
  /** Seconds, of every record. */
  readonly ttl?: number
  readonly rcode?: number
  /** Where nothing is found: its own TTL and its MINIMUM, in seconds. */
  readonly soa?: readonly [ttl: number, minimum: number]
  /** Further bits of the header, such as TRUNCATED_RESPONSE. */
  readonly flags?: number
  /** Instead of those of the query. */
  readonly id?: number
  readonly question?: Partial<Question>
  /** Further records of the answer. */
  readonly answers?: readonly Answer[]
}

/** The one question of a query. */
export function questionOf(query: Buffer): Question {
  const [question] = decode(query).questions ?? []
  if (question === undefined) throw new Error('a query without a question')
  return question
}

/** A message that answers a query, or that only looks like it. */
export function replyTo(query: Buffer, parts: ReplyParts = {}): Buffer {
  const { addresses = [], cnames = [], ttl = 60, rcode = 0, soa, flags = 0, answers = [] } = parts
  const { id } = decode(query)
  const question = { ...questionOf(query), ...parts.question }
  const names = [question.name, ...cnames]
  const owner = names[names.length - 1] ?? ''
  const aliases = cnames.map((data, i): Answer => ({ type: 'CNAME', name: names[i] ?? '', ttl, data }))
  const type = question.type === 'AAAA' ? 'AAAA' : 'A'
  return encode({
    type: 'response',
    id: parts.id ?? id,
    flags: RECURSION_DESIRED | RECURSION_AVAILABLE | flags | rcode,
    questions: [question],
    answers: [...aliases, ...addresses.map((data): Answer => ({ type, name: owner, ttl, data })), ...answers],
    authorities: soa === undefined ? [] : [soaOf(...soa)],
  })
}

function soaOf(ttl: number, minimum: number): Answer {
  const data = { mname: 'ns.test', rname: 'admin.test', serial: 1, refresh: 1, retry: 1, expire: 1, minimum }
  return { type: 'SOA', name: 'test', ttl, data }
}
