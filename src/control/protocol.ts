import type { Problem } from '../errors.js'

/**
 * One request and one answer a connection, each a line of JSON. A request is
 * `{ "command": NAME, … }`; the rest of it belongs to the command.
 */
export type ControlRequest = { readonly command: string } & Readonly<Record<string, unknown>>

export type ControlAnswer =
  | { readonly ok: true; readonly result: unknown }
  /** What was asked for is wrong. */
  | { readonly ok: false; readonly problems: readonly Problem[] }
  /** It could not be done. */
  | { readonly ok: false; readonly error: string }

/** A line that is longer was not written by our command. */
export const MAX_REQUEST_BYTES = 65_536

/** Undefined for a line that is no request. */
export function parseRequest(line: string): ControlRequest | undefined {
  const value = parseObject(line)
  return typeof value?.command === 'string' ? { ...value, command: value.command } : undefined
}

/** Undefined for a line that is no answer. */
export function parseAnswer(line: string): ControlAnswer | undefined {
  const value = parseObject(line)
  if (value?.ok === true) return { ok: true, result: value.result }
  const { ok, problems, error } = value ?? {}
  if (ok !== false) return undefined
  if (Array.isArray(problems) && problems.every(isProblem)) return { ok, problems }
  return typeof error === 'string' ? { ok, error } : undefined
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false
  const { file, line, column, message, fix } = value as Readonly<Record<string, unknown>>
  const isText = [file, message, fix].every((text) => typeof text === 'string')
  return isText && typeof line === 'number' && typeof column === 'number'
}

export function toLine(message: ControlRequest | ControlAnswer): string {
  return `${JSON.stringify(message)}\n`
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
