import { describe, expect, test } from 'vitest'
import { formatCombined } from '../../../../src/observe/formats/combined.js'
import { localTime } from '../../../../src/observe/formats/squid-fields.js'
import { recordOf } from '../records.js'

describe('combined format', () => {
  test("is Squid's line, a dash for a field that is absent", () => {
    expect(formatCombined(recordOf({ target: { path: '/a', hadQuery: true } }))).toBe(
      `127.0.0.1 - - [${localTime(1795476154847)}] "GET http://127.0.0.1:43080/a? HTTP/1.1" 200 285 "-" "curl/7.88.1" TCP_MISS:HIER_DIRECT`,
    )
    expect(formatCombined(recordOf({ userAgent: '' }))).toContain(' "-" "-" TCP_MISS')
  })

  test("escapes inside quotes as Squid's logformat does", () => {
    expect(formatCombined(recordOf({ userAgent: 'A"B\\C\tD[e]%41' }))).toContain('"A\\"B\\\\C\\tD[e]%41"')
  })

  test('writes what is not printable ASCII as bytes', () => {
    expect(formatCombined(recordOf({ userAgent: 'esc\x1b[31m \xc3\xa9' }))).toContain('"esc\\x1b[31m \\xc3\\xa9"')
  })

  test('the Referer loses its query and credentials', () => {
    const line = formatCombined(recordOf({ referer: 'http://user:hunter2@r.test/p?token=hunter2#hunter2' }))
    expect(line).toContain('"http://r.test/p?"')
    expect(line).not.toContain('hunter2')
  })
})
