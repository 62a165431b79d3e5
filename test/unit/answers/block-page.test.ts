import { describe, expect, test } from 'vitest'
import { blockPage } from '../../../src/answers/block-page.js'
import { blockingRule, refusalOf } from './refusals.js'

describe('block page', () => {
  test('tells host, rule with its place and reason, what would allow it, contact and request', () => {
    const page = blockPage(refusalOf({ blockPage: { title: 'Stopped here', contact: 'admin@example.test' } }))
    expect(page).toContain('<title>Stopped here</title>')
    expect(page).toContain('<dd>ads.example.test</dd>')
    expect(page).toContain('<code>block .example.test</code> my.rules:3')
    expect(page).toContain('<dd>tracking</dd>')
    expect(page).toContain('<code>allow ads.example.test</code>')
    expect(page).toContain('<dd>admin@example.test</dd>')
    expect(page).toContain('01H-abc (VG_REQUEST_BLOCKED)')
  })

  test('shows the address without its query', () => {
    const page = blockPage(refusalOf({ url: 'http://ads.example.test/banner?uid=secret#frag' }))
    expect(page).toContain('<dd>http://ads.example.test/banner</dd>')
    expect(page).not.toContain('secret')
    expect(page).not.toContain('frag')
  })

  test('escapes markup in every place that a stranger can fill', () => {
    const evil = `<script>alert("1")</script>&'\``
    const rule = { ...blockingRule, list: evil, text: evil, reason: evil }
    const page = blockPage(
      refusalOf({
        host: evil,
        url: `http://x/${evil}`,
        rule,
        requestId: evil,
        detail: evil,
        blockPage: { title: evil, contact: evil },
      }),
    )
    expect(page).not.toContain('<script')
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;&#96;')
  })

  test('asks not to be indexed', () => {
    expect(blockPage(refusalOf())).toContain('<meta name="robots" content="noindex">')
  })

  test('leaves out rows that have nothing to say', () => {
    const page = blockPage(
      refusalOf({ rule: { ...blockingRule, reason: undefined }, blockPage: { title: 'Blocked', contact: '' } }),
    )
    expect(page).not.toContain('Its reason')
    expect(page).not.toContain('Contact')
  })

  test('names the option where a rule cannot help', () => {
    const page = blockPage(refusalOf({ code: 'VG_ADDRESS_PROHIBITED', rule: null, detail: '127.0.0.1 is loopback' }))
    expect(page).toContain('127.0.0.1 is loopback')
    expect(page).toContain('<code>--allow-private=CIDR (egress.guard.allow)</code>')
    expect(page).not.toContain('<code>allow ')
  })

  test('a failure is headed by its status, not by the title for blocked pages', () => {
    const page = blockPage(refusalOf({ code: 'VG_DNS_ERROR', status: 502, rule: null, detail: 'NXDOMAIN' }))
    expect(page).toContain('<title>Bad Gateway</title>')
    expect(page).toContain('the name does not resolve: NXDOMAIN')
  })
})
