import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { compileRules } from '../../src/compile-rules.js'

const text = readFileSync(fileURLToPath(new URL('../../rules/default.rules', import.meta.url)), 'utf8')
const rules = compileRules([{ name: 'default.rules', text }])
const patterns = text.split('\n').flatMap((line) => /^block\s+(\S+)/.exec(line)?.[1] ?? [])

// what a person must still be able to do with the shipped rules, and the hosts that it takes
const MUST_WORK: Readonly<Record<string, readonly string[]>> = {
  'sign in': [
    'accounts.google.com',
    'apis.google.com',
    'login.microsoftonline.com',
    'login.live.com',
    'appleid.apple.com',
    'www.facebook.com',
    'connect.facebook.net',
    'api.twitter.com',
    'x.com',
    'www.linkedin.com',
    'github.com',
    'gitlab.com',
    'login.yahoo.com',
    'auth0.com',
    'login.okta.com',
    'id.atlassian.com',
  ],
  pay: [
    'www.paypal.com',
    'www.paypalobjects.com',
    'js.stripe.com',
    'api.stripe.com',
    'm.stripe.network',
    'checkout.shopify.com',
    'js.braintreegateway.com',
    'pay.google.com',
    'checkoutshopper-live.adyen.com',
    'x.klarnacdn.net',
    'h.online-metrix.net',
  ],
  'load libraries, fonts, images and maps': [
    'fonts.googleapis.com',
    'ajax.googleapis.com',
    'maps.googleapis.com',
    'fonts.gstatic.com',
    'www.gstatic.com',
    'cdn.jsdelivr.net',
    'cdnjs.cloudflare.com',
    'unpkg.com',
    'code.jquery.com',
    'use.typekit.net',
    'maxcdn.bootstrapcdn.com',
    'd111111abcdef8.cloudfront.net',
    'a248.e.akamai.net',
    'example.fastly.net',
    's3.amazonaws.com',
    'i.ytimg.com',
    'pbs.twimg.com',
    'tile.openstreetmap.org',
    'api.mapbox.com',
  ],
  'answer a captcha or a consent dialog': [
    'www.google.com',
    'www.recaptcha.net',
    'js.hcaptcha.com',
    'challenges.cloudflare.com',
    'cdn.cookielaw.org',
    'consent.cookiebot.com',
    'cdn.privacy-mgmt.com',
    'fundingchoicesmessages.google.com',
    'cmp.inmobi.com',
    'guce.yahoo.com',
    'www.googletagmanager.com',
  ],
  'update the system and its programs': [
    'windowsupdate.microsoft.com',
    'download.windowsupdate.com',
    'swcdn.apple.com',
    'mesu.apple.com',
    'dl.google.com',
    'update.googleapis.com',
    'aus5.mozilla.org',
    'deb.debian.org',
    'archive.ubuntu.com',
    'registry.npmjs.org',
    'pypi.org',
    'ocsp.digicert.com',
    'connectivitycheck.gstatic.com',
  ],
  'watch, talk and look things up': [
    'www.youtube.com',
    'redirector.googlevideo.com',
    'zoom.us',
    'api.spotify.com',
    'www.netflix.com',
    'web.whatsapp.com',
    'www.pinterest.com',
    'www.tiktok.com',
    'www.reddit.com',
    'yandex.ru',
    'mail.ru',
    'www.baidu.com',
    'duckduckgo.com',
    'en.wikipedia.org',
    'www.samsung.com',
    'analytics.google.com',
  ],
}

describe('the shipped rules', () => {
  test('are at least 150 and every line of them counts', () => {
    expect(patterns.length).toBeGreaterThanOrEqual(150)
    expect(rules.size).toBe(patterns.length)
  })

  test('say nothing twice', () => {
    expect(patterns.filter((pattern, index) => patterns.indexOf(pattern) !== index)).toEqual([])
    const suffixes = new Set(patterns.filter((pattern) => pattern.startsWith('.')))
    const covered = patterns.filter((pattern) =>
      parentsOf(pattern.replace(/^\*?\./, '')).some((parent) => suffixes.has(parent) && parent !== pattern),
    )
    expect(covered).toEqual([])
  })

  test('are grouped, and every group says why it is there', () => {
    const groups = text.split(/^# --- /m).slice(1)
    expect(groups.length).toBeGreaterThan(8)
    expect(groups.filter((group) => !/^.+ ---\n# Reason: .{20}/.test(group))).toEqual([])
    expect(text.slice(0, text.indexOf('# --- '))).not.toMatch(/^block/m)
  })

  test.each([
    ['www.google-analytics.com'],
    ['securepubads.g.doubleclick.net'],
    ['adservice.google.co.uk'],
    ['ib.adnxs.com'],
    ['static.hotjar.com'],
  ])('block %s', (host) => {
    expect(rules.decide(host)).toMatchObject({ action: 'block', rule: { list: 'default.rules' } })
  })

  test.each(Object.entries(MUST_WORK))('let a person %s', (_what, hosts) => {
    expect(hosts.filter((host) => rules.decide(host).action === 'block')).toEqual([])
  })
})

/** `a.b.c` → `.a.b.c`, `.b.c`, `.c` */
function parentsOf(host: string): readonly string[] {
  const labels = host.split('.')
  return labels.map((_label, index) => `.${labels.slice(index).join('.')}`)
}
