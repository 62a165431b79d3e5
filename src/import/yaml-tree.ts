import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { MAX_YAML_DEPTH, tooDeepAt } from '../yaml-depth.js'

/** A value of a YAML document that knows its line. */
export type YamlNode = {
  /** 1-based. */
  readonly line: number
  /** The text of a scalar, numbers and booleans as written; undefined for others. */
  readonly text: string | undefined
  /** The value under a path of keys, undefined where there is none. */
  at(...path: readonly string[]): YamlNode | undefined
  /** Items of a sequence, none for others. */
  items(): readonly YamlNode[]
  /** Entries of a map, none for others. */
  entries(): readonly { readonly key: string; readonly value: YamlNode }[]
}

/** The document, or what is wrong with it and in which line. */
export type YamlTree = { readonly root: YamlNode } | { readonly line: number; readonly message: string }

/** A YAML text whose values can be named by line. Aliases are followed one step, so a text cannot multiply itself. */
export function parseYamlTree(text: string): YamlTree {
  const tooDeep = tooDeepAt(text)
  if (tooDeep !== undefined) {
    return { line: text.slice(0, tooDeep).split('\n').length, message: `nested more than ${MAX_YAML_DEPTH} deep` }
  }
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'error',
    uniqueKeys: false,
  })
  const [error] = document.errors
  if (error !== undefined) return { line: lineCounter.linePos(error.pos[0]).line, message: error.message }

  const toNode = (value: unknown): YamlNode => {
    const node = isAlias(value) ? (value.resolve(document) ?? null) : value
    const entries = () =>
      isMap(node) ? node.items.map((pair) => ({ key: keyOf(pair.key), value: toNode(pair.value) })) : []
    const tree: YamlNode = {
      line: isNode(value) ? lineCounter.linePos(value.range?.[0] ?? 0).line : 0,
      text: isScalar(node) && node.value !== null ? (node.source ?? String(node.value)) : undefined,
      at: (...[key, ...rest]) => {
        if (key === undefined) return tree
        return entries()
          .find((entry) => entry.key === key)
          ?.value.at(...rest)
      },
      items: () => (isSeq(node) ? node.items.map(toNode) : []),
      entries,
    }
    return tree
  }
  return { root: toNode(document.contents) }
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key)
}
