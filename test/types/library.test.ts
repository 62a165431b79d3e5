import { expectTypeOf, test } from 'vitest'
import {
  type AccessRecord,
  compileRules,
  createProxy,
  type ErrorCode,
  type Proxy as ForwardProxy,
  type ListState,
  type ProxyOptions,
  type RuleDecision,
  type RuleMatch,
  type RuleSet,
  type RuleSource,
  type TargetDecision,
} from '../../src/index.js'

/* `tsc` checks these; running them shows only that the names exist. */

test('createProxy takes any part of the configuration and gives a proxy', () => {
  expectTypeOf(createProxy).parameter(0).toEqualTypeOf<ProxyOptions | undefined>()
  expectTypeOf(createProxy).returns.toEqualTypeOf<ForwardProxy>()
  expectTypeOf<{ readonly limits: { readonly headBytes: number } }>().toExtend<ProxyOptions>()
  expectTypeOf<{ readonly limits: { readonly headBytes: string } }>().not.toExtend<ProxyOptions>()
  expectTypeOf<Console>().toExtend<NonNullable<ProxyOptions['logger']>>()
})

test('a proxy has the members of the contract', () => {
  expectTypeOf<ForwardProxy['listen']>().toEqualTypeOf<() => Promise<void>>()
  expectTypeOf<ForwardProxy['close']>().toEqualTypeOf<(options?: { readonly drainMs?: number }) => Promise<number>>()
  expectTypeOf<ForwardProxy['reload']>().toEqualTypeOf<(options: ProxyOptions) => Promise<void>>()
  expectTypeOf<ForwardProxy['decide']>().returns.toEqualTypeOf<TargetDecision>()
  expectTypeOf<ForwardProxy['address']>().toEqualTypeOf<string>()
  expectTypeOf<ForwardProxy['on']>().toExtend<
    (event: 'exchange', listener: (record: AccessRecord) => void) => () => void
  >()
  expectTypeOf<ForwardProxy['lists']>().toEqualTypeOf<readonly ListState[]>()
})

test('a decision names its error and its rule', () => {
  expectTypeOf<TargetDecision['error']>().toEqualTypeOf<ErrorCode | null>()
  expectTypeOf<TargetDecision['rule']>().toEqualTypeOf<RuleMatch | null>()
  expectTypeOf<TargetDecision['action']>().toEqualTypeOf<'allow' | 'block'>()
})

test('compileRules takes sources and gives an immutable set', () => {
  expectTypeOf(compileRules).parameter(0).toEqualTypeOf<readonly RuleSource[]>()
  expectTypeOf(compileRules).returns.toEqualTypeOf<RuleSet>()
  expectTypeOf<RuleSet['with']>().returns.toEqualTypeOf<RuleSet>()
  expectTypeOf<RuleSet['decide']>().returns.toEqualTypeOf<RuleDecision>()
  expectTypeOf<RuleSet['size']>().toEqualTypeOf<number>()
})

test('a record has the names of the contract', () => {
  expectTypeOf<keyof AccessRecord>().toExtend<string>()
  expectTypeOf<
    | 'ts'
    | 'id'
    | 'client'
    | 'listener'
    | 'method'
    | 'target'
    | 'decision'
    | 'egress'
    | 'status'
    | 'bytes'
    | 'ms'
    | 'headersRemoved'
    | 'wouldBlock'
    | 'error'
  >().toExtend<keyof AccessRecord>()
  expectTypeOf<AccessRecord['decision']['rule']>().toEqualTypeOf<{
    readonly list: string
    readonly line: number
    readonly text: string
  } | null>()
})
