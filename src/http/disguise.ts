/** One `User-Agent` for all devices of a family. */
export type AgentRow = {
  readonly family: string
  /** Texts of which one in a received `User-Agent` tells the family. */
  readonly marks: readonly string[]
  readonly agent: string
  readonly isPhone?: true
}

/**
 * Firefox's long-term release, as Tor Browser and Mullvad Browser show themselves: what
 * the most people who hide their browser send. On iOS every browser is Safari's
 * engine. The first row that fits counts; where none does, the first of all.
 */
export const AGENTS: readonly AgentRow[] = [
  {
    family: 'Windows',
    marks: ['Windows'],
    agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0',
  },
  {
    family: 'Android',
    marks: ['Android'],
    agent: 'Mozilla/5.0 (Android 10; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0',
    isPhone: true,
  },
  {
    family: 'iOS',
    marks: ['iPhone', 'iPad', 'iPod'],
    agent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
    isPhone: true,
  },
  {
    family: 'macOS',
    marks: ['Mac OS X', 'Macintosh', 'macOS', 'Darwin'],
    agent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:153.0) Gecko/20100101 Firefox/153.0',
  },
  {
    family: 'Linux',
    marks: ['Linux', 'X11', 'linux'],
    agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
  },
]

/** What those browsers send where English is the language: the most frequent value there is. */
export const LANGUAGE = 'en-US,en;q=0.5'

/** The browser that all requests of one identity pass for, whoever sends them. */
export type Disguise = {
  /** Of a computer; telephones keep theirs, by which sites choose what page they get. */
  readonly family: 'Windows' | 'macOS' | 'Linux'
  readonly language: string
  /** Of 16 identities, as many: about as people have them, so that none stands out. */
  readonly share: number
}

export const DISGUISES: readonly Disguise[] = [
  { family: 'Windows', language: LANGUAGE, share: 8 },
  { family: 'Windows', language: 'en-GB,en;q=0.5', share: 2 },
  { family: 'macOS', language: LANGUAGE, share: 3 },
  { family: 'macOS', language: 'en-GB,en;q=0.5', share: 1 },
  { family: 'Linux', language: LANGUAGE, share: 2 },
]

const BY_SHARE = DISGUISES.flatMap((disguise) => Array.from({ length: disguise.share }, () => disguise))

/** @param number any; the same one always leads to the same disguise */
export function disguiseAt(number: number): Disguise | undefined {
  return BY_SHARE[number % BY_SHARE.length]
}

/**
 * The `User-Agent` of the family that a received one belongs to, or of the disguise where both are computers; a
 * program that names no system passes for Windows.
 */
export function disguisedAgent(received: string, disguise?: Disguise): string {
  const { agent, isPhone } = rowOf(received)
  if (disguise === undefined || isPhone) return agent
  return AGENTS.find(({ family }) => family === disguise.family)?.agent ?? agent
}

function rowOf(received: string): AgentRow {
  // the system stands in the first comment, which is a third of the whole
  const comment = received.indexOf(')')
  const told = comment === -1 ? received : received.slice(0, comment)
  for (const row of AGENTS) {
    for (const mark of row.marks) if (told.includes(mark)) return row
  }
  return AGENTS[0] as AgentRow
}
