/** What a line of policy says to do with what it matches. */
export type RuleAction = 'allow' | 'block'

/** Precedence, strongest first (contract §2); `default` where nothing matched. */
export type RuleLevel = 'allow!' | 'block!' | 'allow' | 'block' | 'default'

/** A rule that matched: enough to name its line without reading any file again. */
export type RuleMatch = {
  readonly action: RuleAction
  readonly level: RuleLevel
  /** The file as the user gave it, or the name of the source. */
  readonly list: string
  /** 1-based. */
  readonly line: number
  /** The line as written, without a trailing reason. */
  readonly text: string
  /** The text after ` # `, where the line has one. */
  readonly reason: string | undefined
}

/** What the rules say of one target. Immutable, shared by every exchange that asks for the same host. */
export type RuleDecision = {
  readonly action: RuleAction
  readonly level: RuleLevel
  /** Null where nothing matched and the default applies. */
  readonly rule: RuleMatch | null
  /** The canonical name that the rule is about, where the host asked for is only an alias of it (CNAME). */
  readonly cname?: string
}

/** What is asked: all parts in canonical form (http/authority.ts). */
export type RuleQuery = {
  readonly host: string
  readonly port: number
  /** 0 for a name, 4 or 6 for an address literal. */
  readonly family: 0 | 4 | 6
  /** Path and query as received (`/a?b=c`) for plain http; undefined for a tunnel. */
  readonly path: string | undefined
}

/** One text to compile. */
export type RuleSource = {
  /** Name shown in matches and problems: the file as the user gave it. */
  readonly name: string
  readonly text: string
  /** The action for patterns that state none; default `block`. Under `allow`, lines that block are skipped and counted. */
  readonly action?: RuleAction
  /** `suffix`: bare names and bare `*.x` mean apex and subdomains (contract §1 `--scope`). Default `exact`. */
  readonly scope?: 'exact' | 'suffix'
  /** Lines whose `include` was followed; an `include` anywhere else is an error. */
  readonly included?: ReadonlySet<number>
}

/** An immutable, compiled set of rules. Pure: no I/O, no clock. */
export type RuleSet = {
  /** Number of rules that can match. */
  readonly size: number
  readonly defaultAction: RuleAction
  /** Where the default was written, null when it was not. */
  readonly defaultRule: RuleMatch | null
  /** True when some URL rule exists, so that the path of a target can change its decision. */
  readonly hasUrlRules: boolean
  /** True when some address rule exists, so that what DNS answers can change a decision. */
  readonly hasAddressRules: boolean
  /** True when some address rule allows: under `default block` a name must then be resolved before it is refused. */
  readonly hasAddressAllows: boolean
  /** Per source: rules by kind, lines skipped by reason. */
  readonly counts: readonly SourceCounts[]
  /** The winner for a host or `http://` URL as a person writes it, or for a query in canonical form. */
  decide(target: string | RuleQuery): RuleDecision
  /** Every rule that matches, winner first, in order of precedence. */
  matches(target: string | RuleQuery): readonly RuleMatch[]
  /**
   * The decision once DNS has answered: `byName` weighed against the address
   * rules for every answered address (contract §2: a block on any of them
   * refuses the exchange). Returns `byName` itself when no address rule changes it.
   */
  decideAddresses(byName: RuleDecision, query: RuleQuery, addresses: readonly string[]): RuleDecision
  /**
   * The decision once DNS has said which names the host is an alias of (CNAME): `byName`
   * weighed against the rules for each of these names, as if all were names of the one target. A block
   * comes with the name it is about. A canonical name lifts no block by name or default, and rules for URLs
   * are not asked about it. Returns `byName` itself when none of them changes it.
   */
  decideCnames(byName: RuleDecision, query: RuleQuery, cnames: readonly string[]): RuleDecision
  /** A new set with rules added (lines of the native grammar) and removed (by text). */
  with(change: { readonly add?: readonly string[]; readonly remove?: readonly string[] }): RuleSet
}

export type SourceCounts = {
  readonly list: string
  readonly lines: number
  readonly rules: number
  /** e.g. `{ hosts: 120, adblock: 3 }` */
  readonly byFormat: Readonly<Record<string, number>>
  /** e.g. `{ cosmetic: 5000, 'unknown modifier': 12 }` */
  readonly skipped: Readonly<Record<string, number>>
}
