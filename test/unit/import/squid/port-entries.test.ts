import { describe, expect, test } from 'vitest'
import { printPattern } from '../../../../src/import/print-pattern.js'
import { onPorts, portEntries } from '../../../../src/import/squid/port-entries.js'

const PLACE = { file: 'f', line: 1 }
const shown = (entries: ReturnType<typeof onPorts>) => entries?.map(({ pattern }) => printPattern(pattern)?.join(' '))

describe('ports', () => {
  test('every host on some ports', () => {
    expect(shown(portEntries(PLACE, 'p', ['25', '110']))).toEqual(['*:25', '*:110'])
  })

  test('ranges and long lists are no rules', () => {
    expect(portEntries(PLACE, 'p', ['1025-65535'])).toBeUndefined()
    expect(
      portEntries(
        PLACE,
        'p',
        Array.from({ length: 40 }, (_, i) => String(i + 1)),
      ),
    ).toBeUndefined()
  })

  test('some targets on some ports; expressions have none', () => {
    const entry = { ...PLACE, reason: undefined, text: '' }
    const host = { ...entry, pattern: { kind: 'host', host: 'a.example', port: 0 } as const }
    const regex = { ...entry, pattern: { kind: 'regex', source: 'x' } as const }
    expect(shown(onPorts([host, regex], ['81']))).toEqual(['a.example:81'])
  })
})
