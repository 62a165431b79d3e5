import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { showUrl, showUrls } from '../../../src/upstream/chain-adapter.js'

const numRuns = Number(process.env.FUZZ_RUNS ?? 100)

describe('showUrl', () => {
  test.each([
    ['http://proxy.example:8080', 'http://proxy.example:8080'],
    ['http://me:hunter2@proxy.example:8080', 'http://me:<redacted>@proxy.example:8080/'],
    ['socks5h://me:hunter2@127.0.0.1:9050', 'socks5h://me:<redacted>@127.0.0.1:9050'],
    ['http://hunter2@proxy.example', 'http://<redacted>@proxy.example'],
    ['http://me:hun@ter2@proxy.example', 'http://me:<redacted>@proxy.example/'],
    ['me:hunter2@proxy.example:8080', '<redacted>@proxy.example:8080'],
    ['http://me:hunter2@proxy.example:notaport', 'http://<redacted>@proxy.example:notaport'],
    ['http://example.com/a@b', 'http://example.com/a@b'],
    ['not a url', 'not a url'],
    ['', ''],
  ])('shows %s as %s', (url, shown) => {
    expect(showUrl(url)).toBe(shown)
  })

  test('never shows a password, whatever surrounds it', () => {
    const word = fc.stringMatching(/^[a-z0-9.@:/#?%-]{0,8}$/)
    fc.assert(
      fc.property(fc.constantFrom('http://', 'socks5://', '', 'x:'), word, word, (scheme, user, host) => {
        const url = `${scheme}${user}:hunter2@${host.replaceAll('@', '')}`
        // after `/`, `?` or `#` the authority is over: what follows is no password
        if (/[/?#]/.test(user)) return
        expect(showUrl(url)).not.toContain('hunter2')
      }),
      { numRuns },
    )
  })
})

describe('showUrls', () => {
  test('hides passwords in the middle of a sentence and leaves the rest as it is', () => {
    expect(showUrls("option '--listen' argument 'http://me:hunter2@h:1' is wrong; ask a@b.example")).toBe(
      "option '--listen' argument 'http://me:<redacted>@h:1/' is wrong; ask a@b.example",
    )
  })

  test('leaves adblock rules alone', () => {
    expect(showUrls('my.rules:3:1: @@||example.com^')).toBe('my.rules:3:1: @@||example.com^')
  })
})
