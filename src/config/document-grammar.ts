import type { z } from 'zod'

/** What of JSON Schema is asked here. */
export type JsonSchema = {
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly additionalProperties?: JsonSchema | boolean
  readonly anyOf?: readonly JsonSchema[]
}

/** One kind of YAML file that people write for us. */
export type DocumentGrammar<S extends z.ZodType = z.ZodType> = {
  readonly schema: S
  /** The same for editors, draft 2020-12. */
  readonly json: JsonSchema
  /** Said of a file without content: what is wrong; what to write. */
  readonly empty: string
  /** Where people see one: `config defaults`. */
  readonly example: string
  /** Keys that later versions bring, without the numbers of list items: named, so that nobody believes they already act. */
  readonly laterKeys: ReadonlySet<string>
}
