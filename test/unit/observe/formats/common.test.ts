import { describe, expect, test } from 'vitest'
import { commonEnd, commonStart, formatCommon } from '../../../../src/observe/formats/common.js'
import { localTime } from '../../../../src/observe/formats/squid-fields.js'
import { BLOCKED, recordOf } from '../records.js'

describe('common format', () => {
  test("is Squid's line for a forwarded request", () => {
    expect(formatCommon(recordOf({ target: { path: '/a', hadQuery: true } }))).toBe(
      `127.0.0.1 - - [${localTime(1795476154847)}] "GET http://127.0.0.1:43080/a? HTTP/1.1" 200 285 TCP_MISS:HIER_DIRECT`,
    )
  })

  test("is Squid's line for a blocked request", () => {
    const record = recordOf({ ...BLOCKED, bytes: { toClient: 3441 } })
    expect(formatCommon(record)).toContain('"GET http://blocked.test/x HTTP/1.1" 403 3441 TCP_DENIED:HIER_NONE')
  })

  test('a status that was never sent is 0', () => {
    expect(formatCommon(recordOf({ status: 0, error: 'client_aborted' }))).toContain(
      '" 0 285 TCP_MISS_ABORTED:HIER_DIRECT',
    )
  })

  test("quotes and backslashes in the URL are escaped as Squid's logformat does inside quotes", () => {
    expect(formatCommon(recordOf({ target: { path: '/a%20b"c\\x' } }))).toContain(
      '"GET http://127.0.0.1:43080/a%20b\\"c\\\\x HTTP/1.1"',
    )
  })

  test('is made of the two parts that combined shares', () => {
    const record = recordOf()
    expect(formatCommon(record)).toBe(`${commonStart(record)} ${commonEnd(record)}`)
  })
})
