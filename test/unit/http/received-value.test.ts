import { describe, expect, test } from 'vitest'
import { FIELD_ACCEPT, FIELD_REFERER, FIELD_USER_AGENT } from '../../../src/http/field-table.js'
import { receivedValue } from '../../../src/http/received-value.js'

const HEAD = 'GET http://a/ HTTP/1.1\r\nHost: a\r\nuser-agent:  first \r\nUser-Agent: second\r\nAccept:\r\n'

describe('receivedValue', () => {
  test.each([
    [FIELD_USER_AGENT, 'first'],
    [FIELD_ACCEPT, ''],
    [FIELD_REFERER, ''],
  ])('the first field of kind %d is %j', (kind, value) => {
    expect(receivedValue(HEAD, kind)).toBe(value)
  })

  test('is empty where the head cannot be read', () => {
    expect(receivedValue(`${HEAD}A b\r\n`, FIELD_USER_AGENT)).toBe('')
    expect(receivedValue('', FIELD_USER_AGENT)).toBe('')
  })
})
