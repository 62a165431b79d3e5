import { CommanderError } from 'commander'
import { describe, expect, test } from 'vitest'
import { usageMessage } from '../../../src/cli/usage.js'

const START_OPTIONS = ['--rules', '--listen']
const say = (code: string, message: string) => usageMessage(new CommanderError(1, code, message), START_OPTIONS)

describe('usageMessage', () => {
  test.each(['--client', '--user', '--at'])('says that %s comes later', (flag) => {
    expect(say('commander.unknownOption', `error: unknown option '${flag}'`)).toContain(
      `this version does not have ${flag} yet`,
    )
    expect(say('commander.unknownOption', `error: unknown option '${flag}=x'`)).toContain(
      `this version does not have ${flag} yet`,
    )
  })

  test.each('replay learn run user pac ca doctor'.split(' '))('says that the command %s comes later', (command) => {
    expect(say('commander.unknownCommand', `error: unknown command '${command}'`)).toContain(
      `this version does not have the command ${command} yet`,
    )
  })

  test('says where options stand when one stands before the command', () => {
    expect(say('commander.unknownOption', "error: unknown option '--rules'")).toContain(
      'options stand behind the command',
    )
  })

  test('says how to give an option several values', () => {
    expect(say('commander.excessArguments', "error: too many arguments for 'start'.")).toContain(
      '--rules a.rules --rules b.rules. That of --allow-private stands behind `=`',
    )
  })

  test('suggests an option for one with a value, and does not repeat the value', () => {
    expect(say('commander.unknownOption', "error: unknown option '--lisen=http://me:hunter2@h:1'")).toBe(
      "unknown option '--lisen'\n(Did you mean --listen?)",
    )
  })

  test('keeps what commander suggests', () => {
    expect(say('commander.unknownOption', "error: unknown option '--lisen'\n(Did you mean --listen?)")).toBe(
      "unknown option '--lisen'\n(Did you mean --listen?)",
    )
    expect(say('commander.unknownCommand', "error: unknown command 'strat'\n(Did you mean start?)")).toBe(
      "unknown command 'strat'\n(Did you mean start?)",
    )
  })
})
