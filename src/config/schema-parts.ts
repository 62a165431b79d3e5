import { z } from 'zod'
import { parseDuration } from './durations.js'

// What the grammars of our YAML files are made of. Messages read `what is wrong; what to write`.

export function section<const S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape).partial()
}

export function text(fix: string) {
  return z.string({ error: ({ input }) => `${kindOf(input)} where text belongs; ${fix}` })
}

const DURATION = 'write a number and a unit, ms, s, m or h: 500ms, 10s, 2m, 12h (at most 596h)'

/** Milliseconds come out. */
export const duration = text(DURATION).transform((written, context) => {
  return parseDuration(written) ?? refuse(context, `${quote(written)} is no duration; ${DURATION}`)
})

export function sentence() {
  return text('write a line of text')
    .max(300, 'longer than 300 characters; shorten it')
    .refine(isOneLine, { error: 'control characters or line ends; write one line of text' })
}

export function list<T extends z.ZodType>(item: T, what: string, fix: string) {
  return z.array(item, { error: ({ input }) => `${kindOf(input)} where ${what} belongs; ${fix}` })
}

export function choice<const V extends readonly string[]>(values: V) {
  return z.enum(values, { error: ({ input }) => `${quote(input)} is not possible here; write ${values.join(', ')}` })
}

export function flag() {
  return z.boolean({ error: ({ input }) => `${quote(input)} is neither true nor false; write true or false` })
}

export function count(min: number, max: number) {
  const error = ({ input }: { readonly input?: unknown }) =>
    `${quote(input)} is no number from ${min} to ${max}; write a whole number without unit`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

export function share() {
  const error = ({ input }: { readonly input?: unknown }) =>
    `${quote(input)} is no share; write a number from 0 (none) to 1 (all), such as 0.5`
  return z.number({ error }).min(0, { error }).max(1, { error })
}

export function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}

export function quote(input: unknown): string {
  if (typeof input === 'string') return JSON.stringify(input.length > 80 ? `${input.slice(0, 80)}…` : input)
  return typeof input === 'number' || typeof input === 'boolean' ? String(input) : kindOf(input)
}

function kindOf(input: unknown): string {
  if (input === null || input === undefined) return 'nothing'
  if (Array.isArray(input)) return 'a list'
  return typeof input === 'object' ? 'a map' : `the ${typeof input} ${quote(input)}`
}

function isOneLine(value: string): boolean {
  return !/\p{Cc}/u.test(value)
}
