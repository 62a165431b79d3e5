import { strengthOf } from '../decide.js'
import type { LineFormat } from '../parsed-line.js'
import type { HostPattern, SuffixReach } from '../pattern.js'
import type { RuleAction } from '../rule.js'

/**
 * A way of writing a rule, learnt from a line: nearly all lines of a published
 * list differ in the name only (`0.0.0.0 NAME`, `||NAME^`, `local-zone: "NAME"
 * refuse`). Rules of one form need to keep no text: the form and the name that
 * was looked up give it back.
 */
export type LineForm = {
  /** Place of the list among the lists of its segment. */
  readonly source: number
  readonly format: LineFormat
  readonly prefix: string
  readonly suffix: string
  readonly action: RuleAction
  readonly important: boolean
  readonly reach: NameReach
}

/** Which hosts a listed name means: itself, or what a suffix reaches. */
export type NameReach = 'host' | SuffixReach

export function isSameForm(a: LineForm | undefined, b: LineForm): boolean {
  return (
    a !== undefined &&
    a.source === b.source &&
    a.prefix === b.prefix &&
    a.suffix === b.suffix &&
    a.action === b.action &&
    a.important === b.important &&
    a.reach === b.reach &&
    a.format === b.format
  )
}

/** The reaches as numbers, for columns. */
export const REACHES = ['host', 'all', 'below', 'child'] as const satisfies readonly NameReach[]

/** The host pattern that a name of this reach stands for. */
export function namePattern(reach: NameReach, name: string): HostPattern {
  return reach === 'host' ? { kind: 'host', host: name, port: 0 } : { kind: 'suffix', suffix: name, reach, port: 0 }
}

/** Strength of every rule of a form, less what the length of the name adds: see `strengthOf` in decide.ts. */
export function formStrength({ action, important, reach }: LineForm): {
  readonly base: number
  readonly perOctet: number
} {
  const base = strengthOf(action, important, namePattern(reach, ''))
  return { base, perOctet: strengthOf(action, important, namePattern(reach, 'a')) - base }
}

/**
 * The form of a line with one name, or undefined where the line says more than a
 * form can hold: what its author wrote must come out of form and name again, and
 * another name in the same place must mean the same.
 *
 * @param line trimmed, without a reason
 */
export function formOf(line: string, name: string): { readonly prefix: string; readonly suffix: string } | undefined {
  const at = line.indexOf(name)
  if (at === -1 || line.indexOf(name, at + 1) !== -1 || line.length > MAX_LINE || !isRegularName(name)) return undefined
  const prefix = line.slice(0, at)
  const suffix = line.slice(at + name.length)
  if (!PREFIX.test(prefix) || !SUFFIX.test(suffix)) return undefined
  return { prefix, suffix }
}

const MAX_LINE = 512
/** Printable ASCII that ends where no name could go on; a dot in front of a name is no part of it. */
const PREFIX = /^(?:[\t -~]*[^a-z0-9._-])?\.?$/i
const SUFFIX = /^(?:[^a-z0-9._\x80-\uffff-][\t -~]*)?$/i

/**
 * True for names that mean the same in every format: lower-case letters, digits,
 * `-`, `_`, at least two labels of 1 to 63 octets, 253 in all. Not among them are
 * what could be an address, what hosts files say of the machine itself, and the
 * labels by which RPZ marks its triggers; lines with such names are parsed one by one.
 */
export function isRegularName(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 0x7f) return false
  const bytes = ENCODER.encode(name)
  return bytes.length > 0 && regularNameEnd(bytes, 0, bytes.length) === bytes.length
}

const ENCODER = new TextEncoder()

/** What a byte is in a name: 1 a letter, `-` or `_`, 2 a digit, 3 the dot, 0 none of these. */
const NAME_BYTES = new Uint8Array(256)
for (let c = 0x61; c <= 0x7a; c++) NAME_BYTES[c] = 1
for (let c = 0x30; c <= 0x39; c++) NAME_BYTES[c] = 2
NAME_BYTES[0x2d] = 1
NAME_BYTES[0x5f] = 1
NAME_BYTES[0x2e] = 3

/**
 * Where the name ends that starts at `start`; `start` itself where it is no
 * regular name. The name is as long as its letters go.
 */
export function regularNameEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  let label = start
  for (; at < end; at++) {
    const kind = NAME_BYTES[bytes[at] as number] as number
    if (kind === 0) break
    if (kind !== 3) continue
    if (at === label || at - label > 63) return start
    label = at + 1
  }
  if (label === start || at === label || at - label > 63 || at - start > 253) return start
  const first = bytes[label] as number
  if (NAME_BYTES[first] === 2) return start
  // `rpz-ip` and its kin; `localhost.localdomain`
  if (first === 0x72 && bytes[label + 1] === 0x70 && bytes[label + 2] === 0x7a && bytes[label + 3] === 0x2d)
    return start
  if (bytes[start] === 0x6c && isLocalhost(bytes, start)) return start
  return at
}

function isLocalhost(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < LOCALHOST.length; i++) if (bytes[start + i] !== LOCALHOST[i]) return false
  return true
}

const LOCALHOST = ENCODER.encode('localhost')
