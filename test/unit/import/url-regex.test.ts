import { describe, expect, test } from 'vitest'
import { printPattern } from '../../../src/import/print-pattern.js'
import { urlRegex } from '../../../src/import/url-regex.js'

describe('urlRegex', () => {
  test.each([
    ['^https?://ads\\.example/', 'ads.example'],
    ['^http://ads\\.example', '? looks at paths or schemes, which a tunnel does not show'],
    ['^https?://([^/]+\\.)?ads\\.example/', '.ads.example'],
    ['^https?://(www\\.)?ads\\.example/', '{ads.example,www.ads.example}'],
    ['^https?://.*\\.ads\\.example/', '*.ads.example'],
    ['^http://ads\\.example/banner/.*\\.gif$', 'http://ads.example/banner/**.gif (in part)'],
    ['^http://ads\\.example/banner', 'http://ads.example/banner** (in part)'],
    ['ads\\.example/banner', 'http://*ads.example/banner** (in part)'],
    ['(ads.example\\/video)', 'http://*ads.example/video** (in part)'],
    ['casino', '/casino/ (in part)'],
    ['(casino|poker)', '/(casino|poker)/ (in part)'],
    ['/cgi-bin/', '{http://*/**/cgi-bin/**,http://*/cgi-bin/**} (in part)'],
    ['Variants/AVTest', 'http://*/**Variants/AVTest** (in part)'],
    ['^[0-9]+/x', '? looks at paths or schemes, which a tunnel does not show'],
    ['^http://[0-9]+/', '? looks at paths or schemes, which a tunnel does not show'],
  ])('%s → %s', (source, expected) => {
    const read = urlRegex(source)
    const text =
      'pattern' in read
        ? `${printPattern(read.pattern)?.join(' ')}${read.isPart ? ' (in part)' : ''}`
        : `? ${read.reason}`
    expect(text).toBe(expected)
  })
})
