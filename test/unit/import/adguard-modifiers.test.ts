import { describe, expect, test } from 'vitest'
import { modifierReason } from '../../../src/import/adguard-modifiers.js'

describe('modifierReason', () => {
  test.each([
    ['||a.example^$client=192.0.2.1', '$client asks for one client; policy by client comes later'],
    ['||a.example^$important,ctag=device_tv', '$ctag asks for one client; policy by client comes later'],
    ['||a.example^$dnstype=AAAA', '$dnstype asks for the type of a DNS question'],
    ['||a.example^$dnsrewrite=192.0.2.1', '$dnsrewrite changes what DNS answers'],
    ['||a.example^$third-party,important', 'unknown modifier: $third-party'],
    ['||a.example^$important', undefined],
    ['||a.example/x', undefined],
  ])('%s: %s', (line, expected) => {
    expect(modifierReason(line)).toBe(expected)
  })
})
